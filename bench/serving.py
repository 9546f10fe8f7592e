"""Starts a contestant under Granian, one process, and stops it."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

TARGETS = {"tessera": "bench.product:create_app", "handwritten": "bench.handwritten:app"}


@dataclass(frozen=True, slots=True)
class Server:
    """A running contestant. `seconds` from its start to its first answer."""

    name: str
    port: int
    process: subprocess.Popen[bytes]
    seconds: float

    def memory_mb(self) -> float:
        """Resident memory of the process that answers, proportional share of what it has in common with its parent."""
        pids = [self.process.pid, *_children(self.process.pid)]
        return sum(_pss_kb(pid) for pid in pids) / 1024


@contextmanager
def serving(name: str, database: str, folder: Path, *, threads: int = 4, **environment: str) -> Iterator[Server]:
    """The contestant of this name, on a free port."""
    port = _free_port()
    command = [
        sys.executable, "-m", "granian", "--interface", "wsgi", "--host", "127.0.0.1", "--port", str(port), "--workers", "1",
        "--blocking-threads", str(threads), "--no-ws", "--log-level", "error",
        *(["--factory"] if TARGETS[name].endswith("create_app") else []), TARGETS[name],
    ]  # fmt: skip
    folder.mkdir(parents=True, exist_ok=True)
    settings = {**os.environ, "BENCH_DATABASE": database, "BENCH_FOLDER": str(folder), **environment}
    log = (folder / f"{name}.log").open("wb")
    began = time.perf_counter()
    process = subprocess.Popen(command, env=settings, stdout=log, stderr=log, cwd=Path(__file__).parents[1])
    try:
        _await(process, port, folder / f"{name}.log")
        yield Server(name, port, process, time.perf_counter() - began)
    finally:
        process.terminate()
        process.wait(20)
        log.close()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


def _await(process: subprocess.Popen[bytes], port: int, log: Path) -> None:
    """Wait for the first answer, whatever it is."""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise RuntimeError(log.read_text()[-3000:])
        try:
            with socket.create_connection(("127.0.0.1", port), 1) as probe:
                probe.sendall(b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n")
                probe.settimeout(10)
                if probe.recv(100):
                    return
        except OSError:
            time.sleep(0.005)
    raise RuntimeError("the server did not answer")


def _children(pid: int) -> list[int]:
    tasks = Path(f"/proc/{pid}/task/{pid}/children")
    return [int(child) for child in tasks.read_text().split()] if tasks.exists() else []


def _pss_kb(pid: int) -> int:
    for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
        if line.startswith("Pss:"):
            return int(line.split()[1])
    return 0
