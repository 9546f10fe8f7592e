"""The server as a process: it starts, answers, stops when asked, and leaves nobody behind when killed."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from click.testing import CliRunner

from tessera.bootstrap.cli import main
from tests.support.services import answers, free_port

PATIENCE = 30


@pytest.fixture(scope="module")
def installation(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("installation")
    made = CliRunner().invoke(main, ["--data-dir", str(folder), "tenant", "create", "house"], catch_exceptions=False)
    assert made.exit_code == 0, made.output
    return folder


class Server:
    """A running `tessera serve`."""

    def __init__(self, folder: Path) -> None:
        self.port = free_port()
        self.address = f"http://127.0.0.1:{self.port}"
        command = [sys.executable, "-m", "tessera.bootstrap.cli", "--data-dir", str(folder), "serve", "--port", str(self.port)]
        self.process = subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True
        )

    def await_answer(self) -> None:
        wait_until(lambda: answers(self.port) and is_ready(self.address), lambda: self.process.poll() is None)

    def stop(self, how: signal.Signals) -> tuple[int, str, str]:
        os.kill(self.process.pid, how)
        output, errors = self.process.communicate(timeout=PATIENCE)
        return self.process.returncode, output, errors


def is_ready(address: str) -> bool:
    try:
        return httpx.get(f"{address}/readyz", timeout=5).status_code == 200
    except httpx.TransportError:
        return False


def wait_until(reached, possible=lambda: True) -> None:  # type: ignore[no-untyped-def]
    deadline = time.monotonic() + PATIENCE
    while not reached():
        assert possible()
        assert time.monotonic() < deadline
        time.sleep(0.02)


@pytest.fixture
def server(installation: Path) -> Iterator[Server]:
    started = Server(installation)
    yield started
    if started.process.poll() is None:
        os.killpg(started.process.pid, signal.SIGKILL)
    started.process.communicate()


def children(pid: int) -> list[int]:
    listed = subprocess.run(["ps", "-o", "pid=", "--ppid", str(pid)], capture_output=True, text=True, check=False).stdout
    return [int(line) for line in listed.split()]


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGINT])
def test_it_greets_answers_and_stops_when_asked(server: Server, how: signal.Signals) -> None:
    server.await_answer()
    assert httpx.get(f"{server.address}/healthz").json() == {"status": "ok"}
    assert httpx.get(f"{server.address}/api/v1/customer").status_code == 401
    code, output, errors = server.stop(how)
    assert (code, errors.count("Traceback")) == (0, 0)
    assert f"Tessera is ready: {server.address}" in output
    assert output.endswith("Stopped.\n")


def test_a_killed_server_leaves_no_process_and_a_free_port(server: Server) -> None:
    server.await_answer()
    workers = children(server.process.pid)
    assert workers
    server.stop(signal.SIGKILL)
    wait_until(lambda: not answers(server.port))
    wait_until(lambda: not any(Path(f"/proc/{pid}").exists() for pid in workers))


def test_a_killed_worker_is_replaced(server: Server) -> None:
    server.await_answer()
    os.kill(children(server.process.pid)[0], signal.SIGKILL)
    wait_until(lambda: not is_ready(server.address))
    server.await_answer()


def test_an_idle_server_is_small(server: Server) -> None:
    server.await_answer()
    pages = [Path(f"/proc/{pid}/smaps_rollup").read_text() for pid in (server.process.pid, *children(server.process.pid))]
    kilobytes = sum(int(line.split()[1]) for text in pages for line in text.splitlines() if line.startswith("Pss:"))
    assert kilobytes < 150 * 1024
