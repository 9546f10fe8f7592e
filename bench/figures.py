"""The other figures: import, a new field, memory, start. `bench/run --figures` prints them after the data is prepared."""

import csv
import statistics
import time
from collections.abc import Callable
from pathlib import Path

import yaml

from bench.app_files import MODULE
from bench.client import Client
from bench.data import COLUMNS, customers, token_of
from bench.product import TENANT, runtime_of, settings_of
from bench.serving import serving
from tessera.bootstrap.wiring import build_publisher
from tessera.exchange.importing import Importer
from tessera.exchange.mapping import read_mapping
from tessera.kernel.context import SYSTEM, Context
from tessera.metadata.operations import Operation
from tessera.runtime.runtime import Runtime

_IMPORTED = tuple(name for name in COLUMNS[7:])


def print_figures(url: str, folder: Path) -> None:
    """Measure and print everything beside requests a second."""
    starts, memories = _starts(url, folder)
    print(f"{'cold start to the first answer of a record':60}{statistics.median(starts):9.2f} s      target 3")
    print(f"{'memory of an idle server (all its processes)':60}{statistics.median(memories):9.0f} MB     target 150")
    runtime = runtime_of(settings_of(url, folder))
    try:
        made = _new_fields(runtime, url, folder)
        what = "a new field, from publish until the API stores and shows it"
        print(f"{what:60}{statistics.median(made) * 1000:9.0f} ms     target 300")
        print(f"{'':60}{min(made) * 1000:9.0f}–{max(made) * 1000:.0f} ms")
        rate, alone = _import(runtime, folder)
        print(f"{'import, validated rows a second':60}{rate:9.0f}        target 4,000")
        print(f"{'  a second of processor time of the importing process':60}{alone:9.0f}")
    finally:
        runtime.control.engines.dispose()


def _starts(url: str, folder: Path, times: int = 3) -> tuple[list[float], list[float]]:
    starts, memories = [], []
    record = str(next(customers(1))[0])
    for _ in range(times):
        began = time.perf_counter()
        with serving("tessera", url, folder) as server:
            client = Client(server.port, token_of(0))
            client.json("GET", f"/api/v1/{MODULE}/{record}")
            starts.append(time.perf_counter() - began)
            client.close()
            time.sleep(1)
            memories.append(server.memory_mb())
    return starts, memories


def _new_fields(runtime: Runtime, url: str, folder: Path, times: int = 5) -> list[float]:
    """Seconds from the call of publish until the server, another process, has stored and shown a value of the new field."""
    publisher, taken = build_publisher(runtime), []
    record = str(next(customers(1))[0])
    suffix = f"{time.time_ns() // 1_000_000:x}"
    with serving("tessera", url, folder) as server:
        client = Client(server.port, token_of(0))
        client.json("GET", f"/api/v1/{MODULE}/{record}")
        for number in range(times):
            key = f"x_{suffix}_{number}"
            field = {"type": "text", "label": f"Extra {number}", "max_length": 100}
            began = time.perf_counter()
            publisher.apply_overlay(TENANT, [Operation(op="add", path=f"modules/{MODULE}/fields/{key}", value=field)])
            _until(lambda key=key: client.request("PATCH", f"/api/v1/{MODULE}/{record}", {key: "here"})[0] == 200)  # type: ignore[misc]
            shown = client.json("GET", f"/api/v1/{MODULE}/{record}")
            taken.append(time.perf_counter() - began)
            assert shown[key] == "here", shown
        client.close()
    return taken


def _until(done: Callable[[], bool], seconds: float = 20) -> None:
    deadline = time.monotonic() + seconds
    while not done():
        if time.monotonic() > deadline:
            raise RuntimeError("it does not come")
        time.sleep(0.002)


def _import(runtime: Runtime, folder: Path, number: int = 20_000) -> tuple[float, float]:
    """Rows a second of the product's own import from a CSV file, every row validated, audited and announced: by the clock and by
    processor time, which other work on the machine does not change."""
    source, mapping = folder / "import.csv", folder / "import.yaml"
    mark = f"{time.time_ns() % 10**9}"
    with source.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(_IMPORTED)
        for row in customers(number):
            code, *values = row[7:]
            writer.writerow(
                [f"I{mark}{code}"[:20], *[value.isoformat() if hasattr(value, "isoformat") else value for value in values]]
            )
    fields = {name: {"column": name} for name in _IMPORTED}
    mapping.write_text(yaml.safe_dump({"module": MODULE, "source": source.name, "fields": fields}, sort_keys=False))
    tenant = runtime.tenant(TENANT)
    job = read_mapping(mapping, tenant.catalog)
    began, worked = time.perf_counter(), time.process_time()
    result = Importer(tenant, Context(tenant=TENANT, principal=SYSTEM, face="import"), job).run()
    seconds, busy = time.perf_counter() - began, time.process_time() - worked
    assert (result.created, result.failed) == (number, 0), (result.created, result.errors[:3])
    return number / seconds, number / busy
