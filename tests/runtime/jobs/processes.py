"""Starting and killing what the tests kill: Redis on a port of its own, and crews."""

import json
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Any

import redis

from tests.support.services import free_port


class RedisServer:
    """A Redis that remembers nothing and can be killed and started again at the same address."""

    def __init__(self) -> None:
        self.port = free_port()
        self.url = f"redis://127.0.0.1:{self.port}/0"
        self.client = redis.Redis.from_url(self.url, socket_timeout=2)
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        command = ["redis-server", "--port", str(self.port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"]
        self._process = subprocess.Popen(command, stdout=subprocess.DEVNULL, cwd="/")
        wait_until(self._answers)

    def kill(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.wait()
        self._process = None

    def _answers(self) -> bool:
        try:
            return bool(self.client.ping())
        except redis.RedisError:
            return False

    def __enter__(self) -> "RedisServer":
        self.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.kill()
        self.client.close()


class CrewProcess:
    """One server or worker; `start` returns when it is ready, `spawn` at once."""

    def __init__(self, role: str, options: dict[str, Any], log: Path) -> None:
        self._command = [sys.executable, "-m", "tests.runtime.jobs.crew", role, json.dumps(options)]
        self._log = log
        self._process: subprocess.Popen[bytes] | None = None
        self._ready = False

    def start(self) -> "CrewProcess":
        self.spawn()
        self.await_ready()
        return self

    def spawn(self) -> None:
        self._ready = False
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(self._command, stdout=subprocess.PIPE, stderr=log)

    def await_ready(self) -> None:
        if not self._ready:
            assert self._process is not None
            assert self._process.stdout is not None
            assert self._process.stdout.readline() == b"ready\n", self._log.read_text()
            self._ready = True

    def kill(self) -> None:
        """SIGKILL: nothing is put in order."""
        self._end(signal.SIGKILL)

    def terminate(self) -> int:
        """SIGTERM; the exit status."""
        return self._end(signal.SIGTERM)

    def _end(self, how: signal.Signals) -> int:
        if self._process is None:
            return 0
        process, self._process = self._process, None
        process.send_signal(how)
        status = process.wait(timeout=20)
        assert process.stdout is not None
        process.stdout.close()
        return status


def wait_until(condition: Callable[[], object], seconds: float = 15) -> None:
    """Wait for `condition`; fails after `seconds`."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it did not come about in time"
        time.sleep(0.02)
