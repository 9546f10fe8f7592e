"""What can be wrong with computed fields."""

from collections.abc import Sequence

from tessera.kernel.errors import DefinitionError


class ComputedErrors(DefinitionError):
    """Raised when formulas or roll-ups do not compile; `problems` has (place, message) of each."""

    code = "computed_errors"
    message = "{problems}"

    def __init__(self, problems: Sequence[tuple[str, str]]) -> None:
        self.problems = tuple(problems)
        super().__init__(problems="\n".join(f"{place}: {text}" for place, text in problems))


class CycleError(ComputedErrors):
    """Raised when computed fields need each other in a circle; `cycle` lists it, the first field again at the end."""

    code = "computed_cycle"

    def __init__(self, cycle: Sequence[str]) -> None:
        self.cycle = tuple(cycle)
        super().__init__([(f"{cycle[0].rpartition('.')[0]}.fields.{cycle[0].rpartition('.')[2]}", " → ".join(cycle))])
