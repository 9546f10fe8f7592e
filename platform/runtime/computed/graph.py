"""Which computed field needs which: the order to work them out in, and the circle if there is one. Pure."""

from collections.abc import Mapping, Sequence

from tessera.runtime.computed.errors import CycleError


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
