"""What surrounds every page of somebody who is signed in: navigation, themselves, notices."""

from dataclasses import dataclass, field
from typing import Any

from flask import Response

from tessera.web.navigation import EntryGroup, navigation
from tessera.web.page import Page


@dataclass(frozen=True, slots=True)
class Toast:
    """A short notice; with `undo` a button that posts there."""

    text: str
    undo: str = ""


@dataclass(slots=True)
class Shell:
    """The frame of one page. `module` is the one it belongs to, `place` which of the fixed pages it is."""

    page: Page
    module: str | None = None
    place: str = ""
    toasts: list[Toast] = field(default_factory=list)

    @property
    def groups(self) -> list[EntryGroup]:
        """The navigation."""
        return navigation(self.page, self.module)

    @property
    def company(self) -> str:
        """What the tenant calls itself."""
        return self.page.tenant.record.name


def in_shell(
    page: Page,
    template: str,
    *,
    module: str | None = None,
    place: str = "",
    toasts: list[Toast] | None = None,
    status: int = 200,
    **values: Any,
) -> Response:
    """The page `template` in its frame."""
    return page.render(template, status, shell=Shell(page, module, place, toasts or []), **values)
