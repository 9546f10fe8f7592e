"""A new module written as one YAML file in a scratch app appears with table, pages and API in a server that keeps running."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import httpx
import pytest
from click.testing import CliRunner

from tessera.bootstrap.cli import main
from tests.features.pages import forms_of
from tests.support.services import answers, free_port

PATIENCE = 40
PASSWORD = "blue lamp over the door"
MANIFEST = 'name: fleet\ntitle: Fleet\nversion: 0.1.0\nnamespace: fl\ndepends: {standard_crm: ">=0.1,<1"}\n'
MODULE = """
module: fl_vehicle
label: Vehicle
label_plural: Vehicles
title_field: plate
fields:
  plate: {type: text, label: Plate, required: true, unique: true, searchable: true}
  customer: {type: lookup, label: Customer, module: customer}
  mileage: {type: integer, label: Mileage, min: 0}
  state: {type: picklist, label: State, values: {new: New, used: {label: Used, tone: amber}}, default: new}
"""


class House:
    """An installation whose server runs as it does for people: a process of its own."""

    def __init__(self, folder: Path, environment: Mapping[str, str]) -> None:
        self.folder = folder
        self.environment = {**os.environ, "TESSERA_DATA_DIR": str(folder / "data"), **environment}
        self.port = free_port()
        self.address = f"http://127.0.0.1:{self.port}"

    def command(self, *arguments: str) -> str:
        """Run `tessera` in another process."""
        done = subprocess.run(
            [sys.executable, "-m", "tessera.bootstrap.cli", *arguments],
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=PATIENCE,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def here(self, *arguments: str) -> str:
        """Run `tessera` in this process, which is quicker."""
        done = CliRunner(env=self.environment).invoke(main, arguments)
        assert done.exit_code == 0, done.output
        return done.output

    def start(self) -> subprocess.Popen[bytes]:
        process = subprocess.Popen(
            [sys.executable, "-m", "tessera.bootstrap.cli", "serve", "--port", str(self.port)],
            env=self.environment,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        until(lambda: answers(self.port) and httpx.get(f"{self.address}/readyz").status_code == 200)
        return process


def until(reached: Any, seconds: float = PATIENCE) -> float:
    """Wait for `reached()`; how long it took."""
    began = time.monotonic()
    while not reached():
        assert time.monotonic() - began < seconds
        time.sleep(0.02)
    return time.monotonic() - began


@pytest.fixture
def house(place: str, tmp_path: Path) -> Iterator[House]:
    made = House(tmp_path, {} if place == "sqlite" else {"TESSERA_DEFAULT_LOCATION": place})
    made.here("tenant", "create", "house", "--app", "standard_crm", "--admin", "boss", "--password", PASSWORD)
    process = made.start()
    try:
        yield made
    finally:
        os.killpg(process.pid, signal.SIGTERM)
        process.wait(PATIENCE)
        made.here("tenant", "delete", "house", "--yes")


@pytest.fixture
def scratch(tmp_path: Path) -> Path:
    """An app of one module, one file."""
    module = tmp_path / "fleet" / "modules" / "fl_vehicle" / "module.yaml"
    module.parent.mkdir(parents=True)
    module.write_text(MODULE)
    (tmp_path / "fleet" / "app.yaml").write_text(MANIFEST)
    return tmp_path / "fleet"


def sign_in(browser: httpx.Client) -> None:
    form = max(forms_of(browser.get("/login").text), key=len)
    answer = browser.post("/login", data={**form.to_dict(), "login": "boss", "password": PASSWORD})
    assert answer.status_code == 303, answer.text


def test_a_module_of_one_file_appears_while_the_server_runs(house: House, scratch: Path) -> None:
    token = house.here("token", "create", "-t", "house", "boss").split()[0]
    headers = {"Authorization": f"Bearer {token}"}
    with (
        httpx.Client(base_url=f"{house.address}/api/v1", headers=headers, timeout=PATIENCE) as api,
        httpx.Client(base_url=house.address, timeout=PATIENCE) as browser,
    ):
        sign_in(browser)
        assert api.get("/fl_vehicle").status_code == 404
        assert browser.get("/m/fl_vehicle").status_code == 404
        customer = api.post("/customer", json={"name": "Acme"}).json()

        house.command("app", "install", str(scratch), "-t", "house")
        assert until(lambda: api.get("/fl_vehicle").status_code == 200, seconds=5) < 1

        made = api.post("/fl_vehicle", json={"plate": "1234 BCD", "customer": customer["id"], "mileage": 7}).json()
        assert (made["plate"], made["mileage"], made["state"]) == ("1234 BCD", 7, "new")
        assert api.post("/fl_vehicle", json={"plate": "1234 bcd"}).status_code == 422
        assert [row["id"] for row in api.get("/fl_vehicle?q=1234").json()["items"]] == [made["id"]]
        assert "FlVehicle" in api.get("/openapi.json").json()["components"]["schemas"]

        assert "1234 BCD" in browser.get("/m/fl_vehicle").text
        assert "1234 BCD" in browser.get(f"/m/fl_vehicle/{made['id']}").text
        form = max(forms_of(browser.get("/m/fl_vehicle/new").text), key=len)
        sent = browser.post("/m/fl_vehicle/new", data={**form.to_dict(), "/plate": "5678 FGH", "/mileage": "1,200"})
        assert sent.status_code == 303, sent.text
        assert sorted(row["mileage"] for row in api.get("/fl_vehicle").json()["items"]) == [7, 1200]
        assert "1234 BCD" in browser.get(f"/m/customer/{customer['id']}?tab=related").text

        module = scratch / "modules" / "fl_vehicle" / "module.yaml"
        module.write_text(MODULE + "  seats: {type: integer, label: Seats}\n")
        house.command("app", "install", str(scratch), "-t", "house")
        assert until(lambda: "seats" in api.get(f"/fl_vehicle/{made['id']}").json(), seconds=5) < 1
        assert api.patch(f"/fl_vehicle/{made['id']}", json={"seats": 5}).json()["seats"] == 5
        assert "Seats" in browser.get(f"/m/fl_vehicle/{made['id']}/edit").text
