"""Finds the template fragment of a field type.

For each field type and mode the first that exists of

    fields/<type key>/<mode>.html · fields/_<widget>/<mode>.html · fields/_any/<mode>.html

so that a new field type brings its own fragments, or none, and no template is ever edited for it. A fragment is a macro named
after its mode: `cell(shown)` in a list, `show(shown)` on a record, `edit(control)` in a form, `filter(shown, operator, options)`
in a condition.
"""

from collections.abc import Callable
from typing import Any, Literal

from jinja2 import Environment
from markupsafe import Markup

from tessera.runtime.fields.base import CompiledField
from tessera.web.presenting import result_of

Mode = Literal["cell", "show", "edit", "filter"]
Fragment = Callable[..., Markup]


class Fragments:
    """Looks each pair up once."""

    def __init__(self, environment: Environment) -> None:
        self._environment = environment
        self._found: dict[tuple[str, str, str], Fragment] = {}

    def find(self, field: CompiledField, mode: Mode) -> Fragment:
        """The fragment that shows or edits values of `field`; computed fields look like their result."""
        kind = result_of(field)[0]
        fragment = self._found.get((kind.key, kind.widget, mode))
        if fragment is None:
            names = [f"fields/{kind.key}/{mode}.html", f"fields/_{kind.widget}/{mode}.html", f"fields/_any/{mode}.html"]
            found: Any = self._environment.select_template(names).module
            fragment = self._found[kind.key, kind.widget, mode] = getattr(found, mode)
        return fragment
