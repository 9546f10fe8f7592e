"""The table of contents: every field type there is. To add one, write its file and name it here."""

from collections.abc import Mapping
from typing import Any

from tessera.kernel.registry import Registry
from tessera.runtime.fields.address import AddressField
from tessera.runtime.fields.any_lookup import AnyLookupField
from tessera.runtime.fields.barcode import BarcodeField
from tessera.runtime.fields.base import FieldType
from tessera.runtime.fields.boolean import BooleanField
from tessera.runtime.fields.colour import ColourField
from tessera.runtime.fields.date import DateField
from tessera.runtime.fields.datetime import DateTimeField
from tessera.runtime.fields.decimal import DecimalField
from tessera.runtime.fields.duration import DurationField
from tessera.runtime.fields.email import EmailField
from tessera.runtime.fields.file import FileField
from tessera.runtime.fields.formula import FormulaField
from tessera.runtime.fields.geo_point import GeoPointField
from tessera.runtime.fields.image import ImageField
from tessera.runtime.fields.integer import IntegerField
from tessera.runtime.fields.json import JsonField
from tessera.runtime.fields.lines import LinesField
from tessera.runtime.fields.long_text import LongTextField
from tessera.runtime.fields.lookup import LookupField
from tessera.runtime.fields.money import MoneyField
from tessera.runtime.fields.multi_lookup import MultiLookupField
from tessera.runtime.fields.multi_picklist import MultiPicklistField
from tessera.runtime.fields.percent import PercentField
from tessera.runtime.fields.person_name import PersonNameField
from tessera.runtime.fields.phone import PhoneField
from tessera.runtime.fields.picklist import PicklistField
from tessera.runtime.fields.rating import RatingField
from tessera.runtime.fields.rich_text import RichTextField
from tessera.runtime.fields.rollup import RollupField
from tessera.runtime.fields.sequence import SequenceField
from tessera.runtime.fields.signature import SignatureField
from tessera.runtime.fields.tags import TagsField
from tessera.runtime.fields.text import TextField
from tessera.runtime.fields.time import TimeField
from tessera.runtime.fields.url import UrlField
from tessera.runtime.fields.user import UserField

_TYPES: tuple[FieldType, ...] = (
    # text
    TextField(),
    LongTextField(),
    RichTextField(),
    EmailField(),
    PhoneField(),
    UrlField(),
    AddressField(),
    PersonNameField(),
    BarcodeField(),
    # numbers
    IntegerField(),
    DecimalField(),
    MoneyField(),
    PercentField(),
    RatingField(),
    # yes or no, dates and times
    BooleanField(),
    DateField(),
    DateTimeField(),
    TimeField(),
    DurationField(),
    # choices
    PicklistField(),
    MultiPicklistField(),
    TagsField(),
    ColourField(),
    # references
    LookupField(),
    MultiLookupField(),
    AnyLookupField(),
    UserField(),
    # files, drawings, places, data
    FileField(),
    ImageField(),
    SignatureField(),
    GeoPointField(),
    JsonField(),
    # worked out by the product
    SequenceField(),
    FormulaField(),
    RollupField(),
    # rows of their own
    LinesField(),
)


def _filled() -> Registry[FieldType]:
    registry: Registry[FieldType] = Registry("field type")
    for kind in _TYPES:
        registry.register(kind)
    return registry


FIELD_TYPES = _filled()


def field_type_schemas() -> dict[str, Mapping[str, Any]]:
    """The option schemas by type key, `{type: {option: JSON Schema}}`, as `tessera.metadata` takes them."""
    return {kind.key: kind.options_schema for kind in FIELD_TYPES}
