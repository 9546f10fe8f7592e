"""Whatever a machine makes up from the description, the server answers as described and never breaks."""

import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from tests.api.live import live_server
from tests.api.service import Service

SECONDS = 30
CHECKS = (
    "not_a_server_error,status_code_conformance,content_type_conformance,response_schema_conformance,response_headers_conformance"
)


@pytest.mark.slow
def test_nothing_that_is_made_up_breaks_the_server(service: Service, tmp_path: Path) -> None:
    ann = service.caller("ann")
    customer = ann.made("/customer", {"name": "Acme", "level": "a"})
    product = ann.made("/product", {"code": "P", "name": "Pen", "price": 1})
    ann.made("/sales_order", {"customer": customer["id"], "lines": [{"product": product["id"], "quantity": 1}]})
    unlimited = replace(service, options=replace(service.options, token_rate=0, address_rate=0))
    with live_server(unlimited.app) as address:
        command = [
            *("run", f"{address}/api/v1/openapi.json"),
            *("-H", f"Authorization: Bearer {service.token('ann')}"),
            *("--checks", CHECKS),
            *("--phases", "examples,coverage,fuzzing"),
            *("--max-time", str(SECONDS), "--max-examples", "20", "--seed", "7", "--no-shrink"),
            # nothing that locks the tester out: their own token and account
            *("--exclude-path", "/tokens/{id}", "--exclude-path", "/auth/token"),
            *("--exclude-operation-id-regex", "^(update|delete|bulk)_user$"),
            *("--continue-on-failure", "--warnings", "off", "--no-color", "--generation-database", "none"),
            *("--suppress-health-check", "all", "--generation-with-security-parameters", "false"),
        ]
        done = subprocess.run(
            [sys.executable, "-m", "schemathesis.cli", *command],
            capture_output=True,
            text=True,
            check=False,
            cwd=tmp_path,
            timeout=SECONDS * 4,
        )
    assert done.returncode == 0, done.stdout[-12_000:] + done.stderr[-2_000:]
