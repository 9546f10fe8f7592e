"""A small world of field types and two apps, so that these tests know nothing of the real ones."""

from collections.abc import Mapping
from typing import Any

RESULT = {"result": {"enum": ["integer", "decimal", "text"], "description": "Type of the value."}}
FIELD_TYPES: Mapping[str, Mapping[str, Any]] = {
    "text": {"max_length": {"type": "integer", "minimum": 1, "description": "Most characters."}},
    "integer": {"currency": {"type": "string", "description": "The field that holds the currency."}},
    "date": {},
    "picklist": {
        "picklist": {"type": "string", "description": "A shared dictionary."},
        "values": {"type": "object", "description": "Own choices."},
        "controlled_by": {"type": "string", "description": "The controlling field."},
    },
    "lookup": {
        "module": {"type": "string", "description": "The module pointed to."},
        "filter": {"type": "object", "description": "What is offered."},
        "copies": {"type": "object", "description": "What it brings along."},
    },
    "any_lookup": {"modules": {"type": "array", "items": {"type": "string"}, "description": "The modules pointed to."}},
    "multi_lookup": {"module": {"type": "string", "description": "The module pointed to."}},
    "user": {},
    "rollup": {
        "module": {"type": "string", "description": "Whose rows."},
        "via": {"type": "string", "description": "The lookup over there."},
        "lines": {"type": "string", "description": "The line table."},
        "function": {"enum": ["sum", "count"], "description": "What is worked out."},
        "field": {"type": "string", "description": "The field of the rows."},
        **RESULT,
    },
    "formula": {"formula": {"type": "string", "description": "The formula."}, **RESULT},
    "lines": {"max": {"type": "integer", "description": "Most lines."}},
}

CORE = {
    "app.yaml": "name: core\ntitle: Core\nversion: 0.3.0\n",
    "modules/user/module.yaml": """
        module: user
        label: User
        label_plural: Users
        fields:
          name: {type: text, label: Name, required: true}
          email: {type: text, label: E-mail}
        """,
    "picklists/colours.yaml": """
        picklist: colours
        label: Colours
        values: {red: Red, blue: {label: Blue, tone: blue}}
        """,
}

SHOP = {
    "app.yaml": """
        name: shop
        title: Shop
        version: 1.0.0
        namespace: sh
        depends: {core: ">=0.3,<1"}
        settings:
          weeks: {label: Weeks, type: integer, default: 2}
          mode: {label: Mode, type: choice, values: {fast: Fast, safe: Safe}, default: safe}
        """,
    "modules/sh_customer/module.yaml": """
        module: sh_customer
        label: Customer
        label_plural: Customers
        fields:
          name: {type: text, label: Name, required: true}
          fax: {type: text, label: Fax}
          colour: {type: picklist, label: Colour, picklist: colours, default: red}
          keeper: {type: user, label: Keeper}
          orders: {type: rollup, label: Orders, module: sh_order, via: customer, function: count}
        layouts:
          default:
            highlights: [fax, name]
            tabs:
              details:
                label: Details
                sections:
                  main: {fields: [name, fax, colour, keeper]}
            related:
              orders: {module: sh_order, field: customer, columns: [number, lines.quantity], sort: [-number]}
        views:
          all: {label: All customers, columns: [name, fax, keeper.email], sort: [name], default: true}
          red:
            label: Red ones
            columns: [name]
            filter: {and: [{field: colour, op: eq, value: red}, {not: {field: keeper, op: is_me}}]}
        card: [fax, colour]
        """,
    "modules/sh_order/module.yaml": """
        module: sh_order
        label: Order
        label_plural: Orders
        title_field: number
        subtitle_fields: [customer.name]
        fields:
          number: {type: text, label: Number}
          customer:
            type: lookup
            label: Customer
            module: sh_customer
            filter: {field: colour, op: eq, value: red}
          total: {type: rollup, label: Total, lines: lines, function: sum, field: quantity}
          lines:
            type: lines
            label: Lines
            fields:
              thing: {type: text, label: Thing}
              quantity: {type: integer, label: Quantity}
        """,
    "menus.yaml": "sh_sales: {label: Sales, items: [sh_customer, sh_order]}\n",
    "translations/es.po": 'msgid ""\nmsgstr "Content-Type: text/plain; charset=utf-8\\n"\n\nmsgid "Customer"\nmsgstr "Cliente"\n',
}
