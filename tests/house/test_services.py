"""The throwaway servers that tests stand on."""

import os
import subprocess
import sys
import time
from pathlib import Path

import psycopg

from tests.support import services

ROOT = Path(__file__).parents[2]


def test_a_throwaway_postgresql_is_gone_afterwards() -> None:
    with services.postgres() as url:
        port = int(url.rpartition(":")[2].partition("/")[0])
        with psycopg.connect(url.replace("+psycopg", "")) as connection:
            assert connection.execute("SELECT 1").fetchone() == (1,)
    assert not services.answers(port)


SELF_KILLER = """
import os, signal
from tests.support import services
with services.redis() as url:
    print(url, flush=True)
    os.kill(os.getpid(), signal.SIGKILL)
"""


def test_a_killed_run_leaves_no_server_behind() -> None:
    printed = subprocess.run([sys.executable, "-c", SELF_KILLER], cwd=ROOT, capture_output=True, text=True, check=False).stdout
    port = int(printed.rpartition(":")[2].partition("/")[0])
    deadline = time.monotonic() + 10
    while services.answers(port):
        assert time.monotonic() < deadline, "the server outlived the run that started it"


def test_the_command_gets_the_addresses_and_its_exit_code_is_kept() -> None:
    script = "import os, sys; print(os.environ['TESSERA_TEST_REDIS_URL']); sys.exit(7)"
    command = [sys.executable, "-m", "tests.support.services", "--", sys.executable, "-c", script]
    given = {**os.environ, "TESSERA_TEST_POSTGRES_URL": "given", "TESSERA_TEST_REDIS_URL": "given too"}
    result = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, env=given)
    assert (result.returncode, result.stdout.strip()) == (7, "given too")
