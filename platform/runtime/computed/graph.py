"""Which computed field needs which: the order to work them out in, the circle if there is one, and the order of locks. Pure."""

from collections.abc import Mapping, Sequence, Set

from tessera.runtime.computed.errors import CycleError
from tessera.runtime.computed.plan import ComputedField


def order_computed(needs: Mapping[str, Sequence[str]]) -> dict[str, int]:
    """Fields with their level: 0 for those that need no other, otherwise one more than the highest they need.

    `needs` names for every computed field the computed fields it reads. Raises `CycleError`.
    """
    levels: dict[str, int] = {}
    open_: dict[str, None] = {}

    def visit(name: str) -> int:
        if name in levels:
            return levels[name]
        if name in open_:
            way = list(open_)
            raise CycleError([*way[way.index(name) :], name])
        open_[name] = None
        level = max((visit(needed) + 1 for needed in needs[name]), default=0)
        del open_[name]
        levels[name] = level
        return level

    for name in needs:
        visit(name)
    return dict(sorted(levels.items(), key=lambda item: item[1]))


def order_locks(fields: Sequence[ComputedField]) -> dict[str, int]:
    """The order in which modules' rows are locked: one whose changes reach another module comes before it.

    Where they reach each other (a customer's terms its orders, their totals the customer), the one pointed to comes first.
    """
    reach = _reach(fields)
    above = {
        (step.target, step.module)
        for computed in fields
        for read in computed.reads
        for step in read.route
        if step.kind in ("lookup", "parent")
    }
    modules = sorted({module for module, _ in reach} | {module for _, module in reach})
    before = {
        module: {other for other in modules if other != module and _goes_first(other, module, reach, above)} for module in modules
    }
    order: dict[str, int] = {}
    while before:
        free = [module for module, others in before.items() if not others - order.keys()]
        chosen = free[0] if free else min(before, key=lambda module: len(before[module] - order.keys()))
        order[chosen] = len(order)
        del before[chosen]
    return order


def _goes_first(first: str, second: str, reach: Set[tuple[str, str]], above: Set[tuple[str, str]]) -> bool:
    there, back = (first, second) in reach, (second, first) in reach
    if there and back:
        return (first, second) in above and (second, first) not in above
    return there


def _reach(fields: Sequence[ComputedField]) -> set[tuple[str, str]]:
    """Pairs of modules: a change of a row of the first may change a computed field of the second, however indirectly."""
    leads_to: dict[str, set[str]] = {computed.name: set() for computed in fields}
    modules = {computed.name: computed.module for computed in fields}
    for computed in fields:
        for read in computed.reads:
            leads_to.setdefault(f"{read.module}.{read.name}", set()).add(computed.name)
            modules[f"{read.module}.{read.name}"] = read.module
    found: set[tuple[str, str]] = set()
    for name, module in modules.items():
        open_, seen = [name], {name}
        while open_:
            for reader in leads_to.get(open_.pop(), ()):
                found.add((module, modules[reader]))
                if reader not in seen:
                    seen.add(reader)
                    open_.append(reader)
    return found
