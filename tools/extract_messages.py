"""Bring the product's catalogues up to date with the texts in its code and templates.

    python tools/extract_messages.py [--check]

Texts for people are English in the source and keys of `platform/web/translations/<language>.po`. What the source no longer says is
dropped, what it newly says is added empty, and said aloud. With `--check` nothing is written: it fails when something is missing.
"""

import argparse
import ast
import sys
from collections.abc import Iterator
from pathlib import Path

from babel.messages.catalog import Catalog, Message
from babel.messages.pofile import read_po, write_po
from jinja2 import Environment, nodes

ROOT = Path(__file__).parent.parent
PLATFORM = ROOT / "platform"
CATALOGUES = PLATFORM / "web" / "translations"
LANGUAGES = ("zh", "es")
#: Where texts come from that reach people in pages. What speaks to builders of apps and of API clients stays English.
PLACES = ("kernel", "security", "runtime", "web")
LEFT_OUT = (
    "runtime/publishing", "runtime/jobs", "runtime/computed", "runtime/compile.py", "runtime/formula_compile.py",
    "runtime/query/aggregate.py", "runtime/query/tree.py",
)  # fmt: skip

#: A text, or singular and plural.
Key = str | tuple[str, str]
#: Calls by the last part of their name, and which arguments are texts.
ONE = {"N_": 0, "t": 0, "gettext": 0, "Rejected": 1, "Problem": 2, "refuse": 2, "render": 1}
MANY = ("n", "ngettext")


def source_texts() -> dict[Key, list[str]]:
    """Every text with the files that say it."""
    found: dict[Key, list[str]] = {}
    for place in PLACES:
        for path in sorted((PLATFORM / place).rglob("*.py")):
            name = path.relative_to(PLATFORM).as_posix()
            if not name.startswith(LEFT_OUT):
                _add(found, path, _in_python(ast.parse(path.read_text(encoding="utf-8"))))
    environment = Environment(autoescape=True)
    for path in sorted((PLATFORM / "web" / "templates").rglob("*.html")):
        _add(found, path, _in_template(environment.parse(path.read_text(encoding="utf-8"))))
    return found


def _add(found: dict[Key, list[str]], path: Path, keys: Iterator[Key]) -> None:
    name = path.relative_to(ROOT).as_posix()
    for key in keys:
        places = found.setdefault(key, [])
        if name not in places:
            places.append(name)


def _in_python(tree: ast.AST) -> Iterator[Key]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            yield from _in_call(node)
        elif isinstance(node, ast.Raise) and isinstance(node.exc, ast.Call):
            yield from _first_sentence(node.exc)
        elif isinstance(node, ast.ClassDef):
            yield from _class_messages(node)


def _in_call(node: ast.Call) -> Iterator[Key]:
    name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
    at = ONE.get(name)
    if at is not None and len(node.args) > at:
        yield from _texts(node.args[at])
    elif name in MANY and len(node.args) > 1:
        one, many = list(_texts(node.args[0])), list(_texts(node.args[1]))
        if len(one) == len(many) == 1:
            yield one[0], many[0]


def _texts(node: ast.expr) -> Iterator[str]:
    if isinstance(node, ast.IfExp):
        yield from _texts(node.body)
        yield from _texts(node.orelse)
    elif isinstance(node, ast.Constant) and isinstance(node.value, str) and node.value.strip():
        yield node.value


def _first_sentence(call: ast.Call) -> Iterator[str]:
    """`raise Forbidden("You may not …")`: a sentence, not a name."""
    if call.args and isinstance(call.args[0], ast.Constant) and isinstance(call.args[0].value, str):
        text = call.args[0].value
        own = getattr(call.func, "id", getattr(call.func, "attr", ""))
        if " " in text and own not in ("ValueError", "TypeError", "KeyError", "RuntimeError", "LookupError", "AssertionError"):
            yield text


def _class_messages(node: ast.ClassDef) -> Iterator[str]:
    for line in node.body:
        targets = line.targets if isinstance(line, ast.Assign) else [line.target] if isinstance(line, ast.AnnAssign) else []
        value = getattr(line, "value", None)
        if any(isinstance(t, ast.Name) and t.id == "message" for t in targets) and isinstance(value, ast.Constant):
            yield str(value.value)


def _in_template(tree: nodes.Template) -> Iterator[Key]:
    for call in tree.find_all(nodes.Call):
        name = call.node.name if isinstance(call.node, nodes.Name) else getattr(call.node, "attr", "")
        texts = [arg.value for arg in call.args if isinstance(arg, nodes.Const) and isinstance(arg.value, str)]
        if name == "t" and len(texts) == 1 and len(call.args) == 1:
            yield texts[0]
        elif name == "t" and call.args and isinstance(call.args[0], nodes.CondExpr):
            branches = (call.args[0].expr1, call.args[0].expr2)
            yield from (b.value for b in branches if isinstance(b, nodes.Const))
        elif name == "n" and len(texts) >= 2:  # noqa: PLR2004 - singular and plural
            yield texts[0], texts[1]


def read_catalogue(language: str) -> Catalog:
    """The catalogue as it stands."""
    path = CATALOGUES / f"{language}.po"
    if not path.exists():
        return Catalog(locale=language, project="Tessera")
    with path.open("rb") as file:
        return read_po(file, locale=language)


def missing(catalogue: Catalog, texts: dict[Key, list[str]]) -> list[Key]:
    """The texts that the catalogue does not translate."""
    return [key for key in texts if not _is_translated(catalogue, key)]


def _is_translated(catalogue: Catalog, key: Key) -> bool:
    entry: Message | None = catalogue.get(key[0] if isinstance(key, tuple) else key)
    if entry is None:
        return False
    strings = entry.string if isinstance(entry.string, tuple | list) else (entry.string,)
    return bool(strings) and all(strings)


def updated(language: str, texts: dict[Key, list[str]]) -> Catalog:
    """The catalogue with exactly these texts, translations kept."""
    old = read_catalogue(language)
    new = Catalog(locale=language, project="Tessera", version="", header_comment="# Texts of the product.", fuzzy=False)
    for key in sorted(texts, key=lambda key: (key if isinstance(key, str) else key[0]).casefold()):
        entry = old.get(key[0] if isinstance(key, tuple) else key)
        kept = entry.string if entry is not None and isinstance(entry.id, tuple) == isinstance(key, tuple) else None
        new.add(key, kept or ("" if isinstance(key, str) else ("",) * new.num_plurals))
    return new


def main() -> int:
    """Write the catalogues, or with `--check` only say what is missing."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--check", action="store_true", help="write nothing; fail when a translation is missing")
    check = parser.parse_args().check
    texts, lacking = source_texts(), 0
    for language in LANGUAGES:
        catalogue = read_catalogue(language) if check else updated(language, texts)
        if not check:
            CATALOGUES.mkdir(exist_ok=True)
            with (CATALOGUES / f"{language}.po").open("wb") as file:
                write_po(file, catalogue, width=130, no_location=True, omit_header=False, sort_output=False)
        for key in missing(catalogue, texts):
            lacking += 1
            print(f"{language}: {key!r}")
    return 1 if check and lacking else 0


if __name__ == "__main__":
    sys.exit(main())
