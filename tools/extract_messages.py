#!/usr/bin/env python3
"""Bring the product's own catalogues up to date with its code:  .venv/bin/python tools/extract_messages.py [--check]

Rewrites `platform/web/translations/<language>.po`: texts that are new are added without a translation, texts that are gone are
dropped, finished translations stay. Apps have catalogues of their own (`tools/extract_app_texts.py`). --check writes nothing and
fails when a text is missing, stale or untranslated, when a translation has other placeholders than its text, or when a text is
put together in the code, so that nobody could translate it.

A text for people is what is handed over as a parameter that is called `message` (or as `singular` and `plural`), to whichever
function or class of ours declares one; what a class declares as its `message` or `label`; and what templates hand to `t` and `n`.
"""

import ast
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path
from string import Formatter

import click
from babel.messages.catalog import Catalog
from babel.messages.pofile import read_po, write_po
from jinja2 import Environment, nodes

ROOT = Path(__file__).resolve().parents[1]
PLATFORM = ROOT / "platform"
CATALOGUES = PLATFORM / "web" / "translations"
#: What the command line says to an operator, and what is said of formulas and of an app's files to their author, is English.
ENGLISH_PACKAGES = frozenset({"bootstrap", "expressions"})
ENGLISH_CALLS = frozenset(
    {
        ("tessera.metadata.errors", "Finding"),
        ("tessera.metadata.errors", "Mistake"),
        ("tessera.metadata.source", "_Refused"),
        ("tessera.runtime.compile", "CompileProblem"),
        ("metadata", "mistake"),
    }
)
#: What classes declare for people to read.
DECLARED = frozenset({"message", "label"})
#: The functions of templates, and how many texts they take.
TEMPLATE_FUNCTIONS = {"t": 1, "gettext": 1, "n": 2, "ngettext": 2}
#: Places shown beside a text; more tell a translator nothing new.
MOST_PLACES = 3

#: A text, or a text with its plural.
Message = str | tuple[str, str]


@dataclass(slots=True)
class Found:
    """The texts with the files they stand in, and what is wrong with the way some are handed over."""

    places: dict[Message, set[str]] = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)

    def add(self, message: Message, place: str) -> None:
        """Note a text; one that is nothing but placeholders has nothing to translate."""
        if any(says_something(text) for text in ([message] if isinstance(message, str) else message)):
            self.places.setdefault(message, set()).add(place)

    def glued(self, place: str, line: int) -> None:
        """Note that a text is not whole where it is handed over."""
        self.problems.append(f"{place}:{line}: a text that is put together cannot be translated")


def says_something(text: str) -> bool:
    """Whether there is more than placeholders: a colon is another one in Chinese."""
    return any(literal.strip() for literal, *_ in Formatter().parse(text))


def placeholders(text: str) -> list[tuple[str, str]]:
    """Name and conversion of the placeholders of a text, sorted, each as often as it stands there."""
    return sorted((name, conversion or "") for _, name, _, conversion in Formatter().parse(text) if name is not None)


# -- code -----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Source:
    """A Python file of the platform. `package` is the floor it belongs to."""

    place: str
    package: str
    module: str
    tree: ast.Module


class Signatures:
    """The parameters of whatever takes a text. Methods are known by their name alone, within their package."""

    def __init__(self, sources: Sequence[Source]) -> None:
        self._classes = {
            node.name: node for source in sources for node in ast.walk(source.tree) if isinstance(node, ast.ClassDef)
        }
        named: dict[tuple[str, str], Sequence[str]] = {}
        methods: dict[tuple[str, str], Sequence[str]] = {}
        for source in sources:
            for node in source.tree.body:
                if isinstance(node, ast.FunctionDef):
                    named[source.module, node.name] = _parameters(node)
                elif isinstance(node, ast.ClassDef):
                    named[source.module, node.name] = self._construction(node)
                    for member in node.body:
                        if isinstance(member, ast.FunctionDef) and member.name != "__init__":
                            methods[source.package, member.name] = _parameters(member)[1:]
        self._named = {name: parameters for name, parameters in named.items() if _takes_text(name, parameters)}
        self._methods = {name: parameters for name, parameters in methods.items() if _takes_text(name, parameters)}

    def function(self, module: str, name: str) -> Sequence[str]:
        """The parameters of a function or class; none when it takes no text."""
        return self._named.get((module, name), ())

    def method(self, package: str, name: str) -> Sequence[str]:
        """The parameters of a method, as code of `package` knows it; none when it takes no text."""
        return self._methods.get((package, name)) or self._methods.get(("kernel", name), ())

    def _construction(self, node: ast.ClassDef) -> Sequence[str]:
        """What the class is made with: its `__init__`, the fields of a dataclass, or what its base takes."""
        for member in node.body:
            if isinstance(member, ast.FunctionDef) and member.name == "__init__":
                return _parameters(member)[1:]
        if any("dataclass" in ast.unparse(decorator) for decorator in node.decorator_list):
            declared = [member for member in node.body if isinstance(member, ast.AnnAssign)]
            return [ast.unparse(member.target) for member in declared if "ClassVar" not in ast.unparse(member.annotation)]
        above = [self._classes[name] for name in map(ast.unparse, node.bases) if name in self._classes]
        return self._construction(above[0]) if above else ()


def _parameters(function: ast.FunctionDef) -> list[str]:
    return [argument.arg for argument in (*function.args.posonlyargs, *function.args.args)]


def _takes_text(name: tuple[str, str], parameters: Sequence[str]) -> bool:
    return name not in ENGLISH_CALLS and ("message" in parameters or {"singular", "plural"} <= set(parameters))


class CodeReader(ast.NodeVisitor):
    """Finds the texts of one file."""

    def __init__(self, source: Source, signatures: Signatures, found: Found) -> None:
        self._source = source
        self._signatures = signatures
        self._found = found
        #: Where each imported name comes from: its module, and what it is called there.
        self._imported: dict[str, tuple[str, str]] = {}
        #: What each name was given, from the outermost scope to the innermost.
        self._scopes: list[dict[str, list[ast.expr]]] = [_assigned(source.tree)]

    def visit_ImportFrom(self, node: ast.ImportFrom) -> None:
        for name in node.names:
            self._imported[name.asname or name.name] = (node.module or "", name.name)

    def visit_FunctionDef(self, node: ast.FunctionDef) -> None:
        self._scopes.append(_assigned(node))
        self.generic_visit(node)
        self._scopes.pop()

    def visit_ClassDef(self, node: ast.ClassDef) -> None:
        for member in node.body:
            target = member.targets[0] if isinstance(member, ast.Assign) else getattr(member, "target", None)
            value = getattr(member, "value", None)
            if isinstance(target, ast.Name) and target.id in DECLARED and isinstance(value, ast.Constant):
                self._add(value)
        self.generic_visit(node)

    def visit_Call(self, node: ast.Call) -> None:
        self.generic_visit(node)
        given = dict(zip(self._parameters_of(node.func), node.args, strict=False))
        if "message" in given:
            self._add(given["message"])
        if "singular" in given and "plural" in given:
            for pair in zip(self._texts(given["singular"]), self._texts(given["plural"]), strict=False):
                self._found.add(pair, self._source.place)

    def _parameters_of(self, function: ast.expr) -> Sequence[str]:
        if isinstance(function, ast.Attribute):
            return self._signatures.method(self._source.package, function.attr)
        if isinstance(function, ast.Name):
            return self._signatures.function(*self._imported.get(function.id, (self._source.module, function.id)))
        return ()

    def _add(self, node: ast.expr) -> None:
        for text in self._texts(node):
            self._found.add(text, self._source.place)

    def _texts(self, node: ast.expr) -> Iterator[str]:
        """The texts that an argument may be. What is handed through from elsewhere is found there."""
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value
        elif isinstance(node, ast.IfExp):
            yield from self._texts(node.body)
            yield from self._texts(node.orelse)
        elif isinstance(node, ast.Name):
            for value in next((scope[node.id] for scope in reversed(self._scopes) if node.id in scope), ()):
                yield from self._texts(value)
        elif isinstance(node, ast.JoinedStr | ast.BinOp):
            self._found.glued(self._source.place, node.lineno)


def _assigned(scope: ast.Module | ast.FunctionDef) -> dict[str, list[ast.expr]]:
    """What the names of a scope are given, without the scopes inside it."""
    found: dict[str, list[ast.expr]] = {}
    waiting: list[ast.AST] = list(scope.body)
    while waiting:
        node = waiting.pop()
        if isinstance(node, ast.FunctionDef | ast.ClassDef | ast.Lambda):
            continue
        target = node.targets[0] if isinstance(node, ast.Assign) else getattr(node, "target", None)
        value = getattr(node, "value", None)
        if isinstance(target, ast.Name) and isinstance(value, ast.expr):
            found.setdefault(target.id, []).append(value)
        waiting += ast.iter_child_nodes(node)
    return found


def read_code(found: Found) -> None:
    """Add the texts of all Python files."""
    sources = []
    for path in sorted(PLATFORM.rglob("*.py")):
        steps = path.relative_to(PLATFORM).with_suffix("").parts
        module = ".".join(("tessera", *(steps[:-1] if steps[-1] == "__init__" else steps)))
        sources.append(Source(path.relative_to(PLATFORM).as_posix(), steps[0], module, ast.parse(path.read_bytes())))
    signatures = Signatures(sources)
    for source in sources:
        if source.package not in ENGLISH_PACKAGES:
            CodeReader(source, signatures, found).visit(source.tree)


# -- templates ------------------------------------------------------------------------------------------------------


def read_templates(found: Found) -> None:
    """Add the texts of all templates."""
    environment = Environment(autoescape=True)
    for path in sorted(PLATFORM.glob("*/templates/**/*.html")):
        place = path.relative_to(PLATFORM).as_posix()
        for call in environment.parse(path.read_text("utf-8")).find_all(nodes.Call):
            function = call.node
            name = function.attr if isinstance(function, nodes.Getattr) else getattr(function, "name", "")
            arguments = call.args[: TEMPLATE_FUNCTIONS.get(name, 0)]
            texts = [list(_template_texts(argument, place, found)) for argument in arguments]
            for message in zip(*texts, strict=False):
                found.add(message[0] if len(message) == 1 else (message[0], message[1]), place)


def _template_texts(node: nodes.Expr, place: str, found: Found) -> Iterator[str]:
    if isinstance(node, nodes.Const) and isinstance(node.value, str):
        yield node.value
    elif isinstance(node, nodes.CondExpr):
        for branch in (node.expr1, node.expr2):
            if branch is not None:
                yield from _template_texts(branch, place, found)
    elif isinstance(node, nodes.Concat | nodes.Add):
        found.glued(place, node.lineno)


# -- catalogues -----------------------------------------------------------------------------------------------------


def find_messages() -> Found:
    """Every text of the product."""
    found = Found()
    read_code(found)
    read_templates(found)
    plurals = {message[0] for message in found.places if isinstance(message, tuple)}
    found.problems += [f"{message!r} stands both with and without a plural" for message in found.places if message in plurals]
    return found


def read_catalogue(path: Path) -> Catalog:
    """The catalogue of a language as it stands."""
    return read_po(BytesIO(path.read_bytes()), locale=path.stem, abort_invalid=True)


def catalogue(places: Mapping[Message, set[str]], language: str, old: Catalog) -> Catalog:
    """The catalogue of all texts, with the translations that `old` has."""
    new = Catalog(locale=language, charset="utf-8", fuzzy=False)
    for message in sorted(places, key=_order):
        known = old.get(message if isinstance(message, str) else message[0])
        kept = known is not None and not known.fuzzy and known.id == message
        new.add(message, known.string if known is not None and kept else "", auto_comments=sorted(places[message])[:MOST_PLACES])
    return new


def _order(message: Message) -> tuple[str, str]:
    text = message if isinstance(message, str) else message[0]
    return text.casefold(), text


def written(content: Catalog) -> bytes:
    """A catalogue as its file, the same on every machine and on every day."""
    buffer = BytesIO()
    write_po(buffer, content, width=0, omit_header=True)
    fields = {"Content-Type": "text/plain; charset=utf-8", "Language": str(content.locale), "Plural-Forms": content.plural_forms}
    header = "".join(f'"{name}: {value}\\n"\n' for name, value in fields.items())
    return f'# Texts of the product.\nmsgid ""\nmsgstr ""\n{header}\n'.encode() + buffer.getvalue().strip() + b"\n"


def problems(places: Mapping[Message, set[str]], language: str, old: Catalog) -> list[str]:
    """What a catalogue lacks, has too much or has wrong."""
    entries = {entry.id if isinstance(entry.id, str) else tuple(entry.id): entry for entry in old if entry.id}
    found = [f"{message!r} is no text of the product any more" for message in entries if message not in places]
    for message in places:
        entry = entries.get(message)
        if entry is None:
            found.append(f"{message!r} is missing")
        elif entry.fuzzy:
            found.append(f"{message!r} is marked as unsure")
        else:
            found += _translation_problems(message, entry.string, old.num_plurals)
    return [f"{language}: {problem}" for problem in found]


def _translation_problems(message: Message, translation: str | Sequence[str] | None, forms: int) -> list[str]:
    given = [translation] if isinstance(translation, str) else list(translation or ())
    if not given or not all(given) or len(given) != (1 if isinstance(message, str) else forms):
        return [f"{message!r} is not translated"]
    # Where a language has a form for one, that answers to the English one, which may say the number in words ("one line").
    singular, plural = (message, message) if isinstance(message, str) else message
    originals = [singular if index < forms - 1 else plural for index in range(len(given))]
    wrong = [text for text, original in zip(given, originals, strict=True) if placeholders(text) != placeholders(original)]
    return [f"{message!r} has other placeholders than {text!r}" for text in wrong]


@click.command(help=__doc__)
@click.option("--check", is_flag=True, help="Write nothing; fail when a catalogue is not complete and current.")
def main(*, check: bool) -> None:
    found = find_messages()
    wrong = list(found.problems)
    for path in sorted(CATALOGUES.glob("*.po")):
        content = read_catalogue(path)
        if not check:
            content = catalogue(found.places, path.stem, content)
            path.write_bytes(written(content))
        wrong += problems(found.places, path.stem, content)
    for problem in wrong:
        click.echo(problem)
    if check and wrong:
        sys.exit(1)


if __name__ == "__main__":
    main()
