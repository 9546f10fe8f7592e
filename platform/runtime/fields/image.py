"""Pictures."""

from collections.abc import Mapping
from typing import Any, ClassVar

from tessera.metadata.definitions import FieldDefinition
from tessera.runtime.fields.base import FieldEnvironment
from tessera.runtime.fields.file import FileField, FileOptions
from tessera.runtime.files.sniffing import IMAGES


class ImageField(FileField):
    """Files that browsers show as pictures: PNG, JPEG, GIF or WebP, as told from their bytes."""

    key = "image"
    label = "Image"
    widget = "image"
    options_schema: ClassVar[Mapping[str, Any]] = {name: FileField.options_schema[name] for name in ("max", "max_megabytes")}

    def parse_options(self, definition: FieldDefinition, environment: FieldEnvironment) -> FileOptions:
        given = definition.options
        return FileOptions(given.get("max", 1), given.get("max_megabytes"), IMAGES)
