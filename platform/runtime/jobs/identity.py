"""Who holds a job: a name that tells a later process on the same machine whether its holder is certainly dead.

After a crash of a single server nobody needs to wait for the lease: the holder named this machine's boot and process-number
space, its number and when it started, and no such process runs any more. Of holders elsewhere nothing is known; their leases
must run out.
"""

import os
import secrets
from hashlib import sha256
from pathlib import Path

_PROC = Path("/proc")


def worker_name() -> str:
    """A name for this process, unique also among names it makes itself: `place:pid:start:random`."""
    return f"{_place()}:{os.getpid()}:{_started(os.getpid()) or '-'}:{secrets.token_hex(4)}"


def is_certainly_dead(name: str) -> bool:
    """True when `name` is of this machine and its process is gone. False when it lives, or nothing can be known."""
    try:
        place, pid, started, _ = name.split(":")
    except ValueError:
        return False
    if not place or started == "-" or place != _place():
        return False
    return _started(int(pid)) != started


def _place() -> str:
    """This boot of this machine, and this space of process numbers (containers have their own); empty when not to be had."""
    try:
        boot = (_PROC / "sys/kernel/random/boot_id").read_text().strip()
        space = os.readlink(_PROC / "self/ns/pid")
    except OSError:
        return ""
    return sha256(f"{boot} {space}".encode()).hexdigest()[:16]


def _started(pid: int) -> str | None:
    """When the process began, in clock ticks since boot; None when it does not run. A zombie does not run."""
    try:
        fields = (_PROC / str(pid) / "stat").read_text().rpartition(")")[2].split()
    except OSError:
        return None
    return None if fields[0] in "ZX" else fields[19]
