"""One workplace a file on each kind of database: attackers come and go, the records stay."""

from collections.abc import Iterator

import pytest

from tessera.bootstrap.wiring import ADMINISTERED
from tessera.security.policy import BasicPolicy
from tests.api.service import Caller
from tests.features.workplace import Workplace, workplace

#: What members may not know of: an amount (with the formula that shows it), a searched text, a choice that orders copy, lines,
#: and a cost that is copied from products. Formulas over hidden fields are the definer's to hide: they may be meant to be seen.
HIDDEN = {
    "customer": frozenset({"credit_limit", "credit_left", "tax_number", "payment_terms", "bank_accounts"}),
    "product": frozenset({"standard_cost"}),
    "sales_order": frozenset({"margin", "lines.cost"}),
}


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def work(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workplace]:
    place = "sqlite" if request.param == "sqlite" else str(request.getfixturevalue("postgres_url"))
    policy = BasicPolicy(administered=ADMINISTERED, hidden=HIDDEN)
    with workplace(tmp_path_factory.mktemp("hostile"), place, policy=policy) as made:
        yield made


@pytest.fixture(scope="module")
def ann(work: Workplace) -> Caller:
    """An administrator."""
    return work.caller("ann")


@pytest.fixture(scope="module")
def mel(work: Workplace) -> Caller:
    """A member: sees their own records, and nothing of what is hidden."""
    return work.caller("mel", "member")
