"""Throwaway PostgreSQL and Redis servers for tests: free ports, temporary folders, nothing durable, gone at the end.

As a program it runs a command with both of them up, their addresses in the environment:

    python -m tests.support.services -- pytest -q tests/storage

PostgreSQL refuses to run as root; then it runs as the user `postgres`, which Debian's package makes. Each server gets a
parent-death signal where the system can, so that even a killed test run leaves nothing behind.
"""

import os
import pwd
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

POSTGRES_VARIABLE = "TESSERA_TEST_POSTGRES_URL"
REDIS_VARIABLE = "TESSERA_TEST_REDIS_URL"
DATABASE = "test"
START_SECONDS = 30

#: Durability costs time, and a throwaway database has nothing to keep.
FAST_AND_FORGETFUL = (
    "fsync=off",
    "synchronous_commit=off",
    "full_page_writes=off",
    "autovacuum=off",
    "max_connections=200",
    "shared_buffers=64MB",
)


class ServiceMissing(RuntimeError):
    """Raised when a server's programs are not installed; the message says how to get them."""


def free_port() -> int:
    """A TCP port of 127.0.0.1 that nobody listens on at this moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


def postgres_programs() -> Path:
    """The folder with `initdb` and `postgres`: the newest of Debian's, else what is on the PATH."""
    versions = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda p: float(p.parts[-3]))
    if versions:
        return versions[-1].parent
    found = shutil.which("initdb")
    if found is None:
        raise ServiceMissing("PostgreSQL is not installed: apt-get install postgresql")
    return Path(found).resolve().parent


def _as_postgres() -> list[str]:
    """What to put before a command of PostgreSQL so that it does not run as root."""
    if os.geteuid() != 0:
        return []
    try:
        pwd.getpwnam("postgres")
    except KeyError:
        raise ServiceMissing(
            "PostgreSQL does not run as root and there is no user 'postgres': apt-get install postgresql"
        ) from None
    return ["setpriv", "--reuid=postgres", "--regid=postgres", "--init-groups"]


def _dying_with_us(prefix: Sequence[str], signal_name: str) -> list[str]:
    """The same prefix, asking the kernel to signal the server when this process ends in whatever way."""
    if shutil.which("setpriv") is None:
        return list(prefix)
    return [*(prefix or ["setpriv"]), "--pdeathsig", signal_name]


def _clean_environment() -> dict[str, str]:
    """The environment without settings that point libpq somewhere else."""
    return {k: v for k, v in os.environ.items() if not k.startswith("PG")}


def answers(port: int) -> bool:
    """Whether somebody listens on this port of 127.0.0.1."""
    with socket.socket() as probe:
        probe.settimeout(0.5)
        return probe.connect_ex(("127.0.0.1", port)) == 0


def _await_port(process: subprocess.Popen[bytes], port: int, log: Path, name: str) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        if process.poll() is not None:
            break
        if answers(port):
            return
        time.sleep(0.05)
    raise RuntimeError(f"{name} did not start:\n{log.read_text(errors='replace')[-2000:]}")


def _stop(process: subprocess.Popen[bytes], how: signal.Signals) -> None:
    if process.poll() is None:
        process.send_signal(how)
    try:
        process.wait(timeout=20)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


@contextmanager
def postgres() -> Iterator[str]:
    """A PostgreSQL server with an empty database; yields its SQLAlchemy URL."""
    programs, prefix = postgres_programs(), _as_postgres()
    folder = Path(tempfile.mkdtemp(prefix="tessera-postgres-"))
    try:
        if prefix:
            shutil.chown(folder, "postgres")
        data, log, port = folder / "data", folder / "server.log", free_port()
        environment = _clean_environment()
        initdb = [
            str(programs / "initdb"),
            "-D",
            str(data),
            "-U",
            "postgres",
            "-A",
            "trust",
            "-E",
            "UTF8",
            "--locale=C.UTF-8",
            "-N",
        ]
        made = subprocess.run([*prefix, *initdb], cwd=folder, env=environment, capture_output=True, text=True, check=False)
        if made.returncode:
            raise RuntimeError(f"initdb failed:\n{made.stdout}\n{made.stderr}")
        options = [part for option in FAST_AND_FORGETFUL for part in ("-c", option)]
        server = [str(programs / "postgres"), "-D", str(data), "-h", "127.0.0.1", "-p", str(port), "-k", str(folder), *options]
        with log.open("wb") as output:
            process = subprocess.Popen(
                [*_dying_with_us(prefix, "QUIT"), *server], cwd=folder, env=environment, stdout=output, stderr=output
            )
        try:
            _await_port(process, port, log, "PostgreSQL")
            _create_database(programs, port, environment)
            yield f"postgresql+psycopg://postgres@127.0.0.1:{port}/{DATABASE}"
        finally:
            _stop(process, signal.SIGQUIT)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _create_database(programs: Path, port: int, environment: dict[str, str]) -> None:
    """Make the database; the port answers a moment before the server takes connections."""
    command = [str(programs / "createdb"), "-h", "127.0.0.1", "-p", str(port), "-U", "postgres", DATABASE]
    deadline = time.monotonic() + START_SECONDS
    while (made := subprocess.run(command, env=environment, capture_output=True, text=True, check=False)).returncode:
        if time.monotonic() > deadline:
            raise RuntimeError(f"createdb failed: {made.stderr}")
        time.sleep(0.1)


@contextmanager
def redis() -> Iterator[str]:
    """A Redis server that keeps nothing; yields its URL."""
    program = shutil.which("redis-server")
    if program is None:
        raise ServiceMissing("Redis is not installed: apt-get install redis-server")
    with tempfile.TemporaryDirectory(prefix="tessera-redis-") as name:
        folder, port = Path(name), free_port()
        log = folder / "server.log"
        command = [program, "--port", str(port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no", "--dir", name]
        with log.open("wb") as output:
            process = subprocess.Popen([*_dying_with_us([], "KILL"), *command], stdout=output, stderr=output)
        try:
            _await_port(process, port, log, "Redis")
            yield f"redis://127.0.0.1:{port}/0"
        finally:
            _stop(process, signal.SIGTERM)


@contextmanager
def everything() -> Iterator[dict[str, str]]:
    """Both servers, except those whose address is given already; yields the environment variables that name them."""
    with ExitStack() as stack:
        urls = {
            POSTGRES_VARIABLE: os.environ.get(POSTGRES_VARIABLE) or stack.enter_context(postgres()),
            REDIS_VARIABLE: os.environ.get(REDIS_VARIABLE) or stack.enter_context(redis()),
        }
        yield urls


def main(arguments: Sequence[str]) -> int:
    """Run the command after `--` with both servers up; its exit code is ours."""
    if len(arguments) < 2 or arguments[0] != "--":
        print("usage: python -m tests.support.services -- COMMAND [ARGUMENT …]", file=sys.stderr)
        return 2
    try:
        with everything() as urls:
            # On Ctrl-C the command gets the signal too and ends by itself; we wait for it and then take the servers down.
            signal.signal(signal.SIGINT, signal.SIG_IGN)
            signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
            return subprocess.run(
                arguments[1:], env={**os.environ, **urls}, check=False, preexec_fn=_restore_interrupt
            ).returncode
    except ServiceMissing as error:
        print(error, file=sys.stderr)
        return 1


def _restore_interrupt() -> None:
    signal.signal(signal.SIGINT, signal.default_int_handler)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
