"""The server: Granian's processes, each with the application in it.

The first process only listens, watches and stops; it imports nothing of the application, so that it costs little memory. Each
worker process makes a runtime and an application of its own.
"""

import ctypes
import gc
import http.client
import multiprocessing
import multiprocessing.util
import signal
import socket
import sys
import threading
import time
from functools import partial
from typing import Any, Final

import click
import structlog
from granian.constants import Interfaces
from granian.log import LogLevels
from granian.server import Server

from tessera.bootstrap.log import configure_logging
from tessera.bootstrap.settings import Settings
from tessera.kernel.errors import ConfigurationError

READY_SECONDS: Final = 60
BACKLOG: Final = 1024
PR_SET_PDEATHSIG: Final = 1


def serve(settings: Settings, *, greeting: str) -> None:
    """Serve until SIGINT or SIGTERM; running requests are finished first.

    `greeting` is printed as soon as requests are answered. Raises `ConfigurationError` when the address cannot be listened on.
    """
    check_address(settings.host, settings.port)
    configure_logging(settings.log_level, settings.log_format)
    server = Server(
        "tessera",
        address=settings.host,
        port=settings.port,
        interface=Interfaces.WSGI,
        workers=settings.workers,
        blocking_threads=settings.threads,
        backlog=BACKLOG,
        websockets=False,
        respawn_failed_workers=True,
        workers_kill_timeout=settings.shutdown_seconds,
        # granian's lines go where ours go; its warnings are about numbers that were chosen with care
        log_dictconfig={"formatters": {}, "handlers": {}, "loggers": {"_granian": {"handlers": [], "propagate": True}}},
        log_level=LogLevels.error,
    )
    server.serve(target_loader=partial(_load_application, settings, greeting, multiprocessing.Event()))


def check_address(host: str, port: int) -> None:
    """Raise `ConfigurationError` in our own words when the address is taken or not ours, before any process is started."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            message = "The server cannot listen on {host}:{port}: {reason}. Choose others with --host and --port."
            raise ConfigurationError(message, host=host, port=port, reason=error.strerror) from error


def _load_application(settings: Settings, greeting: str, greeted: Any, _target: str) -> Any:
    """The WSGI application of this worker process. `greeted` is the event, shared by all, that the greeting was printed."""
    from tessera.bootstrap.app import create_app
    from tessera.bootstrap.shutdown import close
    from tessera.bootstrap.wiring import build_publisher, build_runtime

    _end_with_parent()
    configure_logging(settings.log_level, settings.log_format)
    runtime = build_runtime(settings)
    build_publisher(runtime).recover_all()
    runtime.carrier.start()
    # a multiprocessing child runs these at its end, and no `atexit`
    multiprocessing.util.Finalize(None, close, (runtime,), exitpriority=10)
    # not in the first process: it forks, and a fork beside a running thread may inherit a lock that nobody will open
    threading.Thread(target=_greet, args=(settings, greeting, greeted), name="greeting", daemon=True).start()
    application = create_app(settings, runtime)
    # what was loaded to start stays for good: the collector need not walk it again in the middle of a request
    gc.collect()
    gc.freeze()
    return application


def _end_with_parent() -> None:
    """Ask Linux to stop this worker when the first process is gone, even by `kill -9`: no orphan keeps the port."""
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)


def _greet(settings: Settings, greeting: str, greeted: Any) -> None:
    """Wait until requests are answered, then print the greeting, once for all workers."""
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(settings.host, settings.host)  # noqa: S104 - not bound, asked
    deadline = time.monotonic() + READY_SECONDS
    while not greeted.is_set() and time.monotonic() < deadline:
        if not _answers(host, settings.port):
            time.sleep(0.05)
        elif not greeted.is_set():
            greeted.set()
            click.echo(greeting)
            return
    if not greeted.is_set():
        structlog.get_logger().error("The server does not answer", address=f"{host}:{settings.port}")


def _answers(host: str, port: int) -> bool:
    """Whether any HTTP answer comes; also a refusal, for instance of the host name, is one."""
    connection = http.client.HTTPConnection(host, port, timeout=2)
    try:
        connection.request("GET", "/healthz")
        connection.getresponse()
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()
    return True
