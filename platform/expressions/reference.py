"""The tables of docs/formulas.md, written from the functions themselves."""

from tessera.expressions import limits
from tessera.expressions.functions import FUNCTIONS, Function
from tessera.expressions.numbers import plain

START, END = "<!-- functions: written by tessera.expressions.reference, do not edit -->", "<!-- end of functions -->"
LIMITS_START, LIMITS_END = "<!-- limits: written by tessera.expressions.reference, do not edit -->", "<!-- end of limits -->"


def function_tables() -> str:
    """A table of functions for each group, in Markdown."""
    groups = dict.fromkeys(function.group for function in FUNCTIONS)
    return "\n".join(_table(group) for group in groups)


def limit_list() -> str:
    """The limits of the language as a Markdown list."""
    return "\n".join(
        (
            f"- a formula has at most {limits.MAX_TEXT:,} characters and {limits.MAX_NODES} parts, nested at most "
            f"{limits.MAX_DEPTH} deep;",
            f"- numbers are less than 10^{len(plain(limits.NUMBER_LIMIT)) - 1}; a result that is not has no value;",
            f"- results of arithmetic have at most {limits.SCALE} digits after the point, rounded half away from zero;",
            f"- texts that functions make are cut off at {limits.TEXT_RESULT:,} characters, the replacement of `replace` at "
            f"{limits.REPLACEMENT:,};",
            f"- exponents of `^` are at most {limits.MAX_EXPONENT:,}.",
        )
    )


def _table(group: str) -> str:
    rows = "".join(_row(function) for function in FUNCTIONS if function.group == group)
    return f"### {group}\n\n| function | gives | for example |\n| --- | --- | --- |\n{rows}"


def _row(function: Function) -> str:
    calls = "<br>".join(f"`{call}`" for call in function.calls)
    summary = function.summary + (
        f" Also called {', '.join(f'`{alias}`' for alias in function.aliases)}." if function.aliases else ""
    )
    examples = "<br>".join(f"`{formula}` → {result or '*nothing*'}" for formula, result in function.examples)
    return f"| {calls} | {summary} | {examples} |\n"


def renewed(document: str) -> str:
    """`document` with everything between the marks written anew."""
    before, _, rest = document.partition(START)
    _, _, after = rest.partition(END)
    head, _, tail = after.partition(LIMITS_START)
    _, _, end = tail.partition(LIMITS_END)
    return f"{before}{START}\n\n{function_tables()}\n{END}{head}{LIMITS_START}\n\n{limit_list()}\n\n{LIMITS_END}{end}"
