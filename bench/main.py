"""The command: prepares the data, lets both contestants answer in turns, checks the answers, prints ratios."""

import argparse
import os
import platform
import statistics
import sys
import time
from importlib.metadata import version
from pathlib import Path

import orjson
import psycopg

from bench.client import Client
from bench.data import CUSTOMERS, token_of
from bench.operations import OPERATIONS, PEOPLE, Operation, Truth, cases
from bench.serving import Server, serving

DEFAULT_URL = "postgresql+psycopg://postgres@127.0.0.1:5432/test"


def main() -> int:
    """Parse arguments and run."""
    options = _options()
    os.environ["BENCH_DATABASE"] = options.database
    from bench.setup_data import prepare

    folder = Path(options.folder)
    if not options.keep:
        print(f"loading {options.customers:,} customers …", file=sys.stderr)
        prepare(options.database, folder, options.customers)
    truth = Truth(options.customers)
    chosen = [operation for operation in OPERATIONS if not options.only or operation.key in options.only]
    with (
        serving("tessera", options.database, folder) as product,
        serving("handwritten", options.database, folder) as plain,
    ):
        print(_circumstances(options.database))
        print(f"{'':44}{'':14}{'Tessera/s':>10}{'by hand/s':>10}{'ratio':>8}{'range':>14}{'target':>8}")
        figures = {}
        for operation in chosen:
            for who in PEOPLE:
                figures[operation.key, who] = _measure(operation, who, (product, plain), truth, options)
        print()
        for operation in chosen:
            member, administrator = (statistics.median(figures[operation.key, who][0]) for who in ("member", "administrator"))
            print(f"{operation.label:44} a member at {member / administrator:.2f} of the administrator's speed")
        print(f"\nmemory {product.memory_mb():.0f} MB (by hand {plain.memory_mb():.0f}); first answer after {product.seconds:.2f} s "
              f"(by hand {plain.seconds:.2f})")  # fmt: skip
    if options.json:
        Path(options.json).write_bytes(orjson.dumps({f"{k}/{w}": v for (k, w), v in figures.items()}))
    return 0


def _measure(
    operation: Operation, who: str, servers: tuple[Server, Server], truth: Truth, options: argparse.Namespace
) -> tuple[list[float], list[float]]:
    """Requests a second of both, in turns; what they answered is checked outside the clock."""
    rates: dict[str, list[float]] = {server.name: [] for server in servers}
    clients = {server.name: Client(server.port, token_of(PEOPLE[who])) for server in servers}
    for server in servers:
        for case in cases(truth, who, server.name, 12, 1):
            operation.check(case, operation.send(clients[server.name], case), truth)
    for turn in range(options.rounds):
        order = servers if turn % 2 == 0 else servers[::-1]
        for server in order:
            client = clients[server.name]
            todo = cases(truth, who, server.name, 4_000, 100 + turn)
            done, began = 0, time.perf_counter()
            while done < len(todo) and time.perf_counter() - began < options.seconds:
                operation.send(client, todo[done])
                done += 1
            rates[server.name].append(done / (time.perf_counter() - began))
    for client in clients.values():
        client.close()
    ours, theirs = rates["tessera"], rates["handwritten"]
    ratios = sorted(a / b for a, b in zip(ours, theirs, strict=True))
    ratio = statistics.median(ratios)
    mark = "ok" if ratio >= operation.target else "BELOW"
    print(
        f"{operation.label:44}{who:14}{statistics.median(ours):10.0f}{statistics.median(theirs):10.0f}{ratio:8.2f}"
        f"{ratios[0]:8.2f}–{ratios[-1]:.2f}{operation.target:7.2f} {mark}", flush=True
    )  # fmt: skip
    return ours, theirs


def _circumstances(url: str) -> str:
    with psycopg.connect(url.replace("+psycopg", "")) as connection:
        row = connection.execute("SHOW server_version").fetchone()
    packages = ", ".join(f"{name} {version(name)}" for name in ("Flask", "SQLAlchemy", "psycopg", "orjson", "granian"))
    processors = os.cpu_count()
    server = row[0] if row else "?"
    return f"Python {platform.python_version()} ({sys.executable}), {packages}, PostgreSQL {server}, {processors} processors\n"


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="bench/run", description=__doc__)
    parser.add_argument("--database", default=os.environ.get("TESSERA_BENCH_URL", DEFAULT_URL), help="PostgreSQL, as an SQLAlchemy URL")
    parser.add_argument("--customers", type=int, default=CUSTOMERS)
    parser.add_argument("--rounds", type=int, default=7, help="turns of each contestant")
    parser.add_argument("--seconds", type=float, default=1.0, help="length of a turn")
    parser.add_argument("--only", nargs="*", choices=[operation.key for operation in OPERATIONS], help="measure only these")
    parser.add_argument("--keep", action="store_true", help="use the data of the last run")
    parser.add_argument("--folder", default="var/bench", help="for files and logs")
    parser.add_argument("--json", help="write the figures here too")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
