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
#: A member may be slower than the administrator by so much.
MEMBER_TARGET = 1 / 1.15

#: Requests a second in each turn, by contestant and person.
Rates = dict[tuple[str, str], list[float]]


def main() -> int:
    """Parse arguments and run."""
    options = _options()
    os.environ["BENCH_DATABASE"] = options.database
    from bench.setup_data import clean, prepare

    folder = Path(options.folder).resolve()
    if options.keep:
        clean(options.database)
    else:
        print(f"loading {options.customers:,} customers …", file=sys.stderr)
        prepare(options.database, folder, options.customers, extra_modules=options.modules, extra_fields=options.fields)
    truth = Truth(options.customers)
    chosen = [operation for operation in OPERATIONS if options.only is None or operation.key in options.only]
    print(_circumstances(options.database))
    with serving("tessera", options.database, folder) as product, serving("handwritten", options.database, folder) as plain:
        print(f"{'requests a second':42}{'':15}{'Tessera':>9}{'by hand':>9}{'ratio':>8}{'range':>13}{'target':>8}")
        figures = {operation.key: _measure(operation, (product, plain), truth, options) for operation in chosen}
        print(f"\n{'a member beside the administrator':42}{'':15}{'ratio':>9}{'range':>15}{'target':>8}")
        for operation in chosen:
            _print_member(operation, figures[operation.key])
        print(f"\nmemory {product.memory_mb():.0f} MB after all this (by hand {plain.memory_mb():.0f} MB)")
    if options.figures:
        from bench.figures import print_figures

        print()
        print_figures(options.database, folder)
    if options.json:
        found = {key: {f"{name}/{who}": v for (name, who), v in rates.items()} for key, rates in figures.items()}
        Path(options.json).write_bytes(orjson.dumps(found))
    return 0


def _measure(operation: Operation, servers: tuple[Server, Server], truth: Truth, options: argparse.Namespace) -> Rates:
    """Requests a second of both contestants for both people, in turns; what they answer is checked outside the clock."""
    pairs = [(server, who) for who in PEOPLE for server in servers]
    clients = {(server.name, who): Client(server.port, token_of(PEOPLE[who])) for server, who in pairs}
    for server, who in pairs:
        for case in cases(truth, who, server.name, 12, 1):
            operation.check(case, operation.send(clients[server.name, who], case), truth)
    rates: Rates = {key: [] for key in clients}
    for turn in range(options.rounds):
        shift = turn % len(pairs)
        for server, who in pairs[shift:] + pairs[:shift]:
            client = clients[server.name, who]
            todo = cases(truth, who, server.name, 4_000, 100 + turn)
            done, began = 0, time.perf_counter()
            while done < len(todo) and time.perf_counter() - began < options.seconds:
                operation.send(client, todo[done])
                done += 1
            rates[server.name, who].append(done / (time.perf_counter() - began))
    for client in clients.values():
        client.close()
    for who in PEOPLE:
        _print_ratio(operation, who, rates)
    return rates


def _print_ratio(operation: Operation, who: str, rates: Rates) -> None:
    ours, theirs = rates["tessera", who], rates["handwritten", who]
    ratios = sorted(a / b for a, b in zip(ours, theirs, strict=True))
    verdict = "ok" if statistics.median(ratios) >= operation.target else "BELOW"
    print(
        f"{operation.label:42}{who:15}{statistics.median(ours):9.0f}{statistics.median(theirs):9.0f}"
        f"{statistics.median(ratios):8.2f}{_range(ratios):>13}{operation.target:8.2f} {verdict}", flush=True
    )  # fmt: skip


def _print_member(operation: Operation, rates: Rates) -> None:
    ratios = sorted(m / a for m, a in zip(rates["tessera", "member"], rates["tessera", "administrator"], strict=True))
    verdict = "ok" if statistics.median(ratios) >= MEMBER_TARGET else "BELOW"
    print(f"{operation.label:57}{statistics.median(ratios):9.2f}{_range(ratios):>15}{MEMBER_TARGET:8.2f} {verdict}")


def _range(ratios: list[float]) -> str:
    return f"{ratios[0]:.2f}–{ratios[-1]:.2f}"


def _circumstances(url: str) -> str:
    with psycopg.connect(url.replace("+psycopg", "")) as connection:
        row = connection.execute("SHOW server_version").fetchone()
    packages = ", ".join(f"{name} {version(name)}" for name in ("Flask", "SQLAlchemy", "psycopg", "orjson", "granian"))
    server = row[0] if row else "?"
    interpreter = f"Python {platform.python_version()} ({platform.python_compiler()}, {sys.base_prefix})"
    return f"{interpreter}, {packages}, PostgreSQL {server}, {os.cpu_count()} processors\n"


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="bench/run", description=__doc__)
    parser.add_argument(
        "--database", default=os.environ.get("TESSERA_BENCH_URL", DEFAULT_URL), help="PostgreSQL, as an SQLAlchemy URL"
    )
    parser.add_argument("--customers", type=int, default=CUSTOMERS)
    parser.add_argument("--rounds", type=int, default=7, help="turns of each contestant and person")
    parser.add_argument("--seconds", type=float, default=1.0, help="length of a turn")
    parser.add_argument("--only", nargs="*", choices=[operation.key for operation in OPERATIONS], help="measure only these")
    parser.add_argument("--figures", action="store_true", help="import, a new field, memory and start as well")
    parser.add_argument("--modules", type=int, default=0, help="more modules in the tenant, to see whether they cost anything")
    parser.add_argument("--fields", type=int, default=0, help="more fields in the measured module")
    parser.add_argument("--keep", action="store_true", help="use the data of the last run")
    parser.add_argument("--folder", default="var/bench", help="for files and logs")
    parser.add_argument("--json", help="write the figures here too")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
