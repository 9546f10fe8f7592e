"""Finds the template fragment of a field type.

For each field type and mode (`cell`, `show`, `edit`) the first that exists of

    fields/<type key>/<mode>.html · fields/_<widget>/<mode>.html · fields/_any/<mode>.html

so that a new field type brings its own fragments, or none, and no template is ever edited for it.
"""

from typing import Literal

from jinja2 import Environment, Template

from tessera.runtime.fields.base import CompiledField

Mode = Literal["cell", "show", "edit"]


class Fragments:
    """Looks each pair up once."""

    def __init__(self, environment: Environment) -> None:
        self._environment = environment
        self._found: dict[tuple[str, str, str], Template] = {}

    def find(self, field: CompiledField, mode: Mode) -> Template:
        """The fragment that shows or edits values of `field`."""
        key, widget = field.type.key, field.type.widget
        if key in ("formula", "rollup"):  # they look like the type of their result
            key, widget = field.options.result.key, field.options.result.widget
        template = self._found.get((key, widget, mode))
        if template is None:
            names = [f"fields/{key}/{mode}.html", f"fields/_{widget}/{mode}.html", f"fields/_any/{mode}.html"]
            template = self._found[key, widget, mode] = self._environment.select_template(names)
        return template
