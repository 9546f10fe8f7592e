"""In-process events: how packages on one floor hear of each other without importing each other.

Handlers run inside the unit of work that publishes; effects outside the database belong into the outbox instead.
"""

from collections import defaultdict
from collections.abc import Callable
from typing import Any

Handler = Callable[[Any], None]


class EventBus:
    """Handlers by event class, called in the order they subscribed. An error stops the work that published."""

    def __init__(self) -> None:
        self._handlers: dict[type, list[Handler]] = defaultdict(list)

    def subscribe(self, event_type: type, handler: Handler) -> None:
        """Call `handler` with every event of exactly `event_type`."""
        self._handlers[event_type].append(handler)

    def publish(self, event: object) -> None:
        """Hand `event` to its subscribers."""
        for handler in self._handlers.get(type(event), ()):
            handler(event)
