"""What is measured: the requests for each contestant, and whether the answers are right."""

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

import orjson

from bench.app_files import MODULE, STATUSES
from bench.client import Client
from bench.data import COLUMNS, customers, owner_id

_ID, _OWNER, _NAME, _STATUS, _EMPLOYEES = (COLUMNS.index(name) for name in ("id", "owner", "name", "status", "employees"))
#: Whose token is used: 0 is the administrator, 7 a member.
PEOPLE = {"administrator": 0, "member": 7}


@dataclass(frozen=True, slots=True)
class Operation:
    """One kind of request. `send` makes one request with a client and returns the answer; `check` raises when it is wrong."""

    key: str
    label: str
    send: Callable[[Client, "Case"], Any]
    check: Callable[["Case", Any, "Truth"], None]
    target: float


@dataclass(slots=True)
class Case:
    """One request's own values, the same for both contestants."""

    number: int
    who: str
    contestant: str
    record: str
    status: str
    least: int


class Truth:
    """The data itself, to check answers against."""

    def __init__(self, number: int) -> None:
        self.rows = list(customers(number))
        self.by_id = {str(row[_ID]): row for row in self.rows}
        self.mine = {who: [row for row in self.rows if not user or row[_OWNER] == owner_id(user)] for who, user in PEOPLE.items()}

    def page(self, case: Case) -> tuple[list[str], int]:
        """Names of the first 50 and the number of all."""
        found = [row for row in self.mine[case.who] if row[_STATUS] == case.status and row[_EMPLOYEES] >= case.least]
        return [row[_NAME] for row in sorted(found, key=lambda row: (row[_NAME].lower(), row[_ID]))[:50]], len(found)


def cases(truth: Truth, who: str, contestant: str, number: int, seed: int) -> list[Case]:
    """Requests with varied values, the same for both contestants."""
    pick = random.Random(seed)
    mine = truth.mine[who]
    return [
        Case(n, who, contestant, str(pick.choice(mine)[_ID]), pick.choice(STATUSES), pick.randrange(1, 500))
        for n in range(number)
    ]


def _api(case: Case, path: str) -> str:
    return f"/api/v1/{MODULE}{path}" if case.contestant == "tessera" else f"/customer{path}"


def _get(client: Client, case: Case) -> Any:
    return client.json("GET", _api(case, f"/{case.record}"))


def _check_get(case: Case, answer: Any, truth: Truth) -> None:
    row = truth.by_id[case.record]
    assert answer["name"] == row[_NAME], answer
    assert ("annual_revenue" in answer) == (case.who == "administrator"), answer
    assert len(answer) >= len(COLUMNS) - (case.who == "member"), answer


def _list(client: Client, case: Case, extra: str = "") -> Any:
    if case.contestant == "tessera":
        tree = {
            "and": [
                {"field": "status", "op": "eq", "value": case.status},
                {"field": "employees", "op": "gte", "value": case.least},
            ]
        }
        return client.json("GET", _api(case, f"?filter={quote(orjson.dumps(tree).decode())}&sort=name&limit=50{extra}"))
    return client.json("GET", _api(case, f"?status={case.status}&employees={case.least}{extra}"))


def _check_list(case: Case, answer: Any, truth: Truth) -> None:
    names, _ = truth.page(case)
    assert [row["name"] for row in answer["items"]] == names


def _list_counted(client: Client, case: Case) -> Any:
    return _list(client, case, "&count=exact")


def _check_counted(case: Case, answer: Any, truth: Truth) -> None:
    names, number = truth.page(case)
    assert [row["name"] for row in answer["items"]] == names
    assert answer["count"] == number


def _list_bounded(client: Client, case: Case) -> Any:
    return _list(client, case, "&count=bounded" if case.contestant == "tessera" else "&count=exact")


def _check_bounded(case: Case, answer: Any, truth: Truth) -> None:
    names, number = truth.page(case)
    assert [row["name"] for row in answer["items"]] == names
    assert answer["count"] == (min(number, 1000) if case.contestant == "tessera" else number)


def _group(client: Client, case: Case) -> Any:
    if case.contestant == "tessera":
        body = {
            "group_by": [{"field": "status"}],
            "measures": [{"function": "count"}, {"function": "sum", "field": "employees"}],
        }
        return client.json("POST", _api(case, "/aggregate"), body)
    return client.json("GET", _api(case, "/groups"))


def _check_group(case: Case, answer: Any, truth: Truth) -> None:
    rows = {row["status"]: (row["count"], int(row["sum_employees"])) for row in _rows(answer)}
    wanted = {
        status: (
            sum(row[_STATUS] == status for row in truth.mine[case.who]),
            sum(row[_EMPLOYEES] for row in truth.mine[case.who] if row[_STATUS] == status),
        )
        for status in STATUSES
    }
    assert rows == wanted


def _rows(answer: Any) -> Sequence[dict[str, Any]]:
    return next(value for value in answer.values() if isinstance(value, list))


_made = iter(range(10**9))


def _create(client: Client, case: Case) -> Any:
    number = next(_made)
    body = {
        "code": f"N{number:08d}", "name": f"New Customer {number}", "email": f"new{number}@example.com",
        "phone": "+34 600 000 000", "city": "Madrid", "country": "ES", "status": case.status, "industry": "food",
        "employees": case.least,
        "rating": 3, "since": "2026-01-15", "last_contact": "2026-01-15T08:30:00+00:00", "vip": False,
        "notes": "Found at the fair.",
    }  # fmt: skip
    return client.json("POST", _api(case, ""), body)


def _check_create(case: Case, answer: Any, truth: Truth) -> None:
    assert answer["version"] == 1
    assert answer["owner"] == str(owner_id(PEOPLE[case.who]))


def _update(client: Client, case: Case) -> Any:
    return client.json("PATCH", _api(case, f"/{case.record}"), {"phone": f"+34 {next(_made)}"})


def _check_update(case: Case, answer: Any, truth: Truth) -> None:
    assert answer["version"] > 1
    assert answer["name"] == truth.by_id[case.record][_NAME]


OPERATIONS = (
    Operation("get", "GET one", _get, _check_get, 0.8),
    Operation("list", "LIST 50, filter + sort", _list, _check_list, 0.8),
    Operation("list_exact", "LIST 50 + exact count", _list_counted, _check_counted, 0.8),
    Operation("list_bounded", "LIST 50 + count to 1,000 (by hand: exact)", _list_bounded, _check_bounded, 0.8),
    Operation("group", "GROUP BY status", _group, _check_group, 0.9),
    Operation("update", "UPDATE one field", _update, _check_update, 0.5),
    Operation("create", "CREATE", _create, _check_create, 0.5),
)
