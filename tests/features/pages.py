"""Reads a page as a browser would: what its forms hold, and what it says beside a control."""

from html.parser import HTMLParser

from werkzeug.datastructures import MultiDict


def forms_of(html: str) -> list[MultiDict[str, str]]:
    """The controls of each form as they would be sent."""
    reader = _Forms()
    reader.feed(html)
    return reader.forms


class _Forms(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.forms: list[MultiDict[str, str]] = []
        self._known: dict[str, MultiDict[str, str]] = {}
        self._current: MultiDict[str, str] | None = None
        self._select: tuple[MultiDict[str, str], str] | None = None
        self._textarea: tuple[MultiDict[str, str], str] | None = None
        self._templates = 0

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attributes}
        self._templates += tag == "template"
        if self._templates:
            return
        if tag == "form":
            self._current = MultiDict()
            self.forms.append(self._current)
            self._known[given.get("id", "")] = self._current
            return
        target = self._known.get(given["form"]) if "form" in given else self._current
        name = given.get("name", "")
        if tag == "option" and self._select is not None:
            into, name = self._select
            if "selected" in given or name not in into:
                into[name] = given.get("value", "")
        elif target is None or not name or "disabled" in given:
            return
        elif tag == "input" and given.get("type") in ("checkbox", "radio"):
            if "checked" in given:
                target.add(name, given.get("value", "on"))
        elif tag == "input" and given.get("type") not in ("submit", "button", "file", "reset"):
            target.add(name, given.get("value", ""))
        elif tag == "select":
            self._select = (target, name) if "multiple" not in given else None
        elif tag == "textarea":
            target.add(name, "")
            self._textarea = (target, name)

    def handle_endtag(self, tag: str) -> None:
        self._templates -= tag == "template"
        if tag == "form":
            self._current = None
        elif tag == "select":
            self._select = None
        elif tag == "textarea":
            self._textarea = None

    def handle_data(self, data: str) -> None:
        if self._textarea is not None:
            into, name = self._textarea
            # the newline after the tag is no part of the text
            into[name] = into[name] + data if into[name] else data.removeprefix("\n")


def links_of(html: str) -> dict[str, str]:
    """The addresses of a page's links by what they are called."""
    reader = _Links()
    reader.feed(html)
    return reader.links


class _Links(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.links: dict[str, str] = {}
        self._href = ""
        self._text = ""

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attributes}
        if tag == "a":
            self._href, self._text = given.get("href", ""), given.get("aria-label", "")

    def handle_data(self, data: str) -> None:
        self._text += data

    def handle_endtag(self, tag: str) -> None:
        if tag == "a" and self._href:
            self.links.setdefault(" ".join(self._text.split()), self._href)
