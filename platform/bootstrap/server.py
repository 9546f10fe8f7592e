"""The server: Granian's processes, each with the application in it.

The first process only listens, watches and stops; it imports nothing of the application, so that it costs little memory. Each
worker process makes a runtime and an application of its own.
"""

import ctypes
import multiprocessing.util
import signal
import socket
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from functools import partial
from typing import Any

import structlog
from granian.constants import Interfaces
from granian.log import LogLevels
from granian.server import Server

from tessera.bootstrap.log import configure_logging
from tessera.bootstrap.settings import Settings
from tessera.kernel.errors import ConfigurationError

READY_SECONDS = 60
BACKLOG = 1024
PR_SET_PDEATHSIG = 1

Announce = Callable[[str], None]


def serve(settings: Settings, *, when_ready: Announce) -> None:
    """Serve until SIGINT or SIGTERM; running requests are finished first.

    `when_ready` is called with the address as soon as the first request is answered. Raises `ConfigurationError` when the
    address cannot be listened on.
    """
    check_address(settings.host, settings.port)
    configure_logging(settings.log_level, settings.log_format)
    server = Server(
        "tessera.bootstrap.server",
        address=settings.host,
        port=settings.port,
        interface=Interfaces.WSGI,
        workers=settings.workers,
        blocking_threads=settings.threads,
        backlog=BACKLOG,
        websockets=False,
        respawn_failed_workers=True,
        workers_kill_timeout=settings.shutdown_seconds,
        # granian's lines go where ours go
        log_dictconfig={"formatters": {}, "handlers": {}, "loggers": {"_granian": {"handlers": [], "propagate": True}}},
        log_level=LogLevels.warning,
    )
    server.on_startup(lambda: threading.Thread(target=_announce, args=(settings, when_ready), daemon=True).start())
    server.serve(target_loader=partial(_load_application, settings))


def _load_application(settings: Settings, _target: str) -> Any:
    """The WSGI application of this worker process."""
    from tessera.bootstrap.app import create_app
    from tessera.bootstrap.wiring import build_runtime

    _end_with_parent()
    configure_logging(settings.log_level, settings.log_format)
    runtime = build_runtime(settings)
    # a multiprocessing child runs these at its end, and no `atexit`
    multiprocessing.util.Finalize(None, runtime.close, exitpriority=10)
    return create_app(settings, runtime)


def _end_with_parent() -> None:
    """Ask Linux to stop this worker when the first process is gone, even by `kill -9`: no orphan keeps the port."""
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)


def check_address(host: str, port: int) -> None:
    """Say in our own words when the address is taken or not ours, before any process is started."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            message = "The server cannot listen on {host}:{port}: {reason}. Choose others with --host and --port."
            raise ConfigurationError(message, host=host, port=port, reason=error.strerror) from error


def _announce(settings: Settings, when_ready: Announce) -> None:
    """Wait until a request is answered, then tell."""
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(settings.host, settings.host)  # noqa: S104 - not bound, asked
    url = f"http://{f'[{host}]' if ':' in host else host}:{settings.port}/healthz"
    deadline = time.monotonic() + READY_SECONDS
    while time.monotonic() < deadline:
        try:
            with urllib.request.urlopen(url, timeout=2):
                when_ready(settings.base_url)
                return
        except urllib.error.HTTPError:  # it answers: only the host name is not trusted
            when_ready(settings.base_url)
            return
        except OSError:
            time.sleep(0.05)
    structlog.get_logger().error("The server does not answer", address=url)
    sys.stderr.flush()
