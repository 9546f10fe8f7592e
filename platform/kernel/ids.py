"""UUIDv7 identifiers (RFC 9562, 5.7): made by the application, sortable by time, no sequence to coordinate.

Within one process successive ids rise strictly: the 12 bits after the millisecond are a counter seeded at random
(RFC 9562, 6.2 method 1), so that rows made in one request keep their order.
"""

import os
import threading
import time
from uuid import UUID

_lock = threading.Lock()
_last_ms = 0
_counter = 0


def uuid7() -> UUID:
    """A new time-ordered identifier, greater than every one this process made before."""
    global _last_ms, _counter
    random = int.from_bytes(os.urandom(9), "big")
    with _lock:
        now = time.time_ns() // 1_000_000
        if now > _last_ms:
            _last_ms, _counter = now, (random >> 62) & 0x1FF
        else:
            _counter += 1
            if _counter > 0xFFF:
                _last_ms, _counter = _last_ms + 1, 0
        ms, counter = _last_ms, _counter
    value = (ms & 0xFFFF_FFFF_FFFF) << 80 | 0x7 << 76 | counter << 64 | 0b10 << 62 | random & 0x3FFF_FFFF_FFFF_FFFF
    return UUID(int=value)
