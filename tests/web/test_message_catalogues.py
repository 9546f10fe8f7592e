"""The product's own texts: complete in every language, and no words anywhere that a catalogue does not know."""

import ast
import re
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from string import Formatter

import pytest
from babel.messages.catalog import Catalog
from jinja2 import Environment

from tessera.web.catalogues import PageTranslator, product_texts
from tools.extract_messages import (
    CATALOGUES,
    PLATFORM,
    CodeReader,
    Found,
    Message,
    Signatures,
    Source,
    catalogue,
    find_messages,
    problems,
    read_catalogue,
    written,
)

LANGUAGES = ("es", "zh")
TEMPLATES = sorted(PLATFORM.glob("*/templates/**/*.html"))
SCRIPTS = sorted((PLATFORM / "web" / "static" / "js").glob("*.js"))
#: What stands in templates without being a word of a language: the product's name, keys of the keyboard, names of files.
NO_WORDS = frozenset({"Tessera", "C", "E", "F", "Ctrl S", "openapi.json"})
#: Attributes whose text people read or hear.
SPOKEN = frozenset({"alt", "aria-label", "aria-description", "placeholder", "title"})
#: What translations never have: half-width marks between Chinese characters, courtesies, an informal "you", English quotes.
BAD_MANNERS = {
    "zh": re.compile(r"[\u4e00-\u9fff][,;:!?.]|[,;:!?][\u4e00-\u9fff]|请(?!求)|您|成功|！"),
    "es": re.compile(
        r"\b([Tt]us?|[Tt]ú|[Tt]i|[Ii]nténtalo|(?<!e )([Ee]lige|[Ee]scribe)|[Pp]uedes|[Pp]or favor|éxito)\b|[“”¡]|!(?!r\})"
    ),
}


@pytest.fixture(scope="module")
def found() -> Found:
    return find_messages()


def test_every_text_can_be_translated(found: Found) -> None:
    assert found.problems == []
    assert len(found.places) > 500


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_catalogue_is_complete_and_current(found: Found, language: str) -> None:
    assert problems(found.places, language, read_catalogue(CATALOGUES / f"{language}.po")) == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_file_of_a_catalogue_keeps_everything_it_says(found: Found, language: str, tmp_path: Path) -> None:
    content = read_catalogue(CATALOGUES / f"{language}.po")
    path = tmp_path / f"{language}.po"
    path.write_bytes(written(catalogue(found.places, language, content)))
    assert texts_of(read_catalogue(path)) == texts_of(content)


@pytest.mark.parametrize("language", LANGUAGES)
def test_pages_say_every_text_and_every_plural_form(language: str) -> None:
    translator, catalog = PageTranslator(language, {}), read_catalogue(CATALOGUES / f"{language}.po")
    for message, translation in texts_of(catalog).items():
        if isinstance(message, str):
            assert translator.gettext(message) == translation
            filled(message, translator.gettext(message))
            continue
        assert {translator.ngettext(*message, count) for count in (0, 1, 2, 5, 21, 100)} == set(translation)
        for count in (0, 2, 5, 21, 100):
            assert str(count) in filled(message[1], translator.ngettext(*message, count), count)
        assert filled(message[1], translator.ngettext(*message, 1), 1)


@pytest.mark.parametrize("language", LANGUAGES)
def test_translations_keep_the_manners_of_their_language(language: str) -> None:
    for message, translation in texts_of(read_catalogue(CATALOGUES / f"{language}.po")).items():
        english = message if isinstance(message, str) else message[1]
        for text in [translation] if isinstance(translation, str) else translation:
            assert text == text.strip(), text
            assert not BAD_MANNERS[language].search(text), text
            assert english.endswith(".") == text.endswith((".", "。")), text


def test_a_language_without_a_catalogue_is_english() -> None:
    assert product_texts("en").gettext("Save") == "Save"
    assert PageTranslator("en", {}).ngettext("{count} line", "{count} lines", 2) == "{count} lines"


# -- nothing passes by the catalogues -------------------------------------------------------------------------------


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: path.relative_to(PLATFORM).as_posix())
def test_a_template_has_no_words_of_its_own(path: Path) -> None:
    assert [text for text in bare_texts(path.read_text("utf-8")) if text not in NO_WORDS] == []


@pytest.mark.parametrize("path", SCRIPTS, ids=lambda path: path.name)
def test_a_script_has_no_words_of_its_own(path: Path) -> None:
    literals = re.findall(r"\"([^\"\n]*)\"|'([^'\n]*)'|`([^`]*)`", path.read_text("utf-8"))
    words = re.compile(r"[A-Z][a-z]+ [a-z]+|[^\W\d_a-zA-Z]")
    assert [text for text in map("".join, literals) if words.match(text)] == []


def test_words_in_a_template_are_noticed() -> None:
    source = '<p>{{ t("Saved.") }} <b>Done</b> <a title="Go on" href="/x">{% if late %}late{% endif %}</a></p>'
    assert list(bare_texts(source)) == ["Done", "Go on", "late"]


def bare_texts(source: str) -> Iterator[str]:
    """What a template says by itself: its text and what its attributes tell people, without its expressions."""
    tokens = Environment(trim_blocks=True, lstrip_blocks=True, autoescape=True).lex(source)
    reader = BareTexts()
    reader.feed("".join(value if kind == "data" else "{}" if kind == "variable_begin" else "" for _, kind, value in tokens))
    for text in reader.texts:
        if '="' not in text:  # a macro that gives attributes
            yield from (part.strip(" \n·") for part in text.split("{}") if re.search(r"[^\W\d_]", part))


class BareTexts(HTMLParser):
    """Collects the texts of an HTML document."""

    def __init__(self) -> None:
        super().__init__()
        self.texts: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.texts += [value or "" for name, value in attrs if name in SPOKEN]

    def handle_data(self, data: str) -> None:
        self.texts.append(data)


# -- the tool -------------------------------------------------------------------------------------------------------

CODE = """
from tessera.kernel.errors import Problem

class Refused(Exception):
    message = "Declared."

def check(code, message): ...

def use(row, many):
    text = "First." if many else "Second."
    check("a", text)
    row.refuse("key", "code", "Refused {key}.", key=1)
    row.n("one", "{count} many", 2)
    Problem("/a", "b", "Problem.")
    check("a", f"glued {many}")
    check("a", "{problem}")
    print("not for people")
"""


def test_texts_are_found_wherever_code_hands_them_over() -> None:
    kernel = (
        "class Problem:\n    def __init__(self, pointer, code, message): ...\n    def n(self, singular, plural, count): ...\n"
    )
    draft = "class Draft:\n    def refuse(self, key, code, message, **params): ...\n"
    sources = [
        Source("kernel/errors.py", "kernel", "tessera.kernel.errors", ast.parse(kernel)),
        Source("runtime/draft.py", "runtime", "tessera.runtime.draft", ast.parse(draft)),
        Source("runtime/use.py", "runtime", "tessera.runtime.use", ast.parse(CODE)),
    ]
    found = Found()
    CodeReader(sources[2], Signatures(sources), found).visit(sources[2].tree)
    assert set(found.places) == {"Declared.", "First.", "Second.", "Refused {key}.", ("one", "{count} many"), "Problem."}
    assert found.problems == ["runtime/use.py:15: a text that is put together cannot be translated"]


@pytest.mark.parametrize(
    ("entry", "problem"),
    [
        (None, "zh: 'Save {name}' is missing"),
        ("", "zh: 'Save {name}' is not translated"),
        ("保存", "zh: 'Save {name}' has other placeholders than '保存'"),
        ("保存 {nombre}", "zh: 'Save {name}' has other placeholders than '保存 {nombre}'"),
    ],
)
def test_an_incomplete_catalogue_is_told(entry: str | None, problem: str) -> None:
    catalog = Catalog(locale="zh")
    if entry is not None:
        catalog.add("Save {name}", entry)
    assert problems({"Save {name}": set()}, "zh", catalog) == [problem]


def test_a_text_that_is_gone_leaves_the_catalogue() -> None:
    catalog = Catalog(locale="zh")
    catalog.add("Old", "旧")
    catalog.add("Kept", "保留")
    assert problems({"Kept": set()}, "zh", catalog) == ["zh: 'Old' is no text of the product any more"]
    assert texts_of(catalogue({"Kept": set(), "New": set()}, "zh", catalog)) == {"Kept": "保留", "New": ""}


def test_each_form_of_a_plural_has_the_placeholders_of_its_own() -> None:
    message: Message = ("One line", "{count} lines")
    spanish, chinese = Catalog(locale="es"), Catalog(locale="zh")
    spanish.add(message, ("Una línea", "{count} líneas"))
    chinese.add(message, ("{count} 行",))
    assert problems({message: set()}, "es", spanish) == problems({message: set()}, "zh", chinese) == []
    spanish[message[0]].string = ("Una línea", "Varias líneas")
    told = "es: ('One line', '{count} lines') has other placeholders than 'Varias líneas'"
    assert problems({message: set()}, "es", spanish) == [told]


def texts_of(catalog: Catalog) -> dict[Message, str | tuple[str, ...]]:
    """{English: translation}, forms of plurals as tuples."""
    return {
        entry.id if isinstance(entry.id, str) else (entry.id[0], entry.id[1]): entry.string
        if isinstance(entry.string, str)
        else tuple(entry.string or ())
        for entry in catalog
        if entry.id
    }


def filled(english: str, text: str, count: int = 3) -> str:
    """`text` with a value for every placeholder of the English text."""
    names = {name for _, name, _, _ in Formatter().parse(english) if name}
    return text.format(**{name: count if name == "count" else "x" for name in names})
