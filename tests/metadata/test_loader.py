"""Loading apps: what a good one becomes, and what is said about bad ones."""

from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from tessera.metadata.errors import AppErrors
from tessera.metadata.loader import discover, load_app, load_apps
from tessera.metadata.packages import AppPackage
from tests.metadata.conftest import WriteApp
from tests.metadata.sample_apps import CORE, FIELD_TYPES, SHOP

MistakesOf = Callable[[Mapping[str, str | bytes | None]], list[str]]
ORDER = "modules/sh_order/module.yaml"
CUSTOMER = "modules/sh_customer/module.yaml"


def test_an_app_becomes_a_package_of_normalised_documents(packages: tuple[AppPackage, ...]) -> None:
    core, shop = packages
    assert (shop.name, shop.version, shop.namespace, dict(shop.depends)) == ("shop", "1.0.0", "sh", {"core": ">=0.3,<1"})
    view = shop.documents["modules"]["sh_customer"]["views"]["all"]
    assert view["columns"] == {"name": {}, "fax": {}, "keeper.email": {}}
    assert core.documents["picklists"]["colours"]["values"]["red"] == {"label": "Red"}
    assert shop.documents["menus"]["sh_sales"]["items"]["sh_order"] == {"module": "sh_order"}
    assert shop.texts == {"es": {"Customer": "Cliente"}}


def test_a_package_survives_its_stored_form(packages: tuple[AppPackage, ...]) -> None:
    shop = packages[1]
    again = AppPackage.from_json(shop.to_json())
    assert again == shop
    assert list(again.documents["modules"]["sh_customer"]["fields"]) == ["name", "fax", "colour", "keeper", "orders"]


def test_an_app_is_loaded_against_installed_packages(write_app: WriteApp, packages: tuple[AppPackage, ...]) -> None:
    more = {
        "app.yaml": "name: more\ntitle: More\nversion: 0.1\nnamespace: mo\ndepends: {shop: '>=1'}\n",
        "extensions/customer.yaml": """
            extend: modules/sh_customer
            add:
              fields/mo_fleet: {type: integer, label: Fleet}
              views/all/columns/mo_fleet: {}
            change: {fields/fax/label: Telefax}
            move: {fields/mo_fleet: name}
            remove: [views/red]
            """,
    }
    package = load_app(write_app("more", more), FIELD_TYPES, packages)
    assert [operation.op for operation in package.extensions] == ["add", "add", "change", "move", "remove"]


def test_discover_finds_bundled_apps_and_those_in_extra_folders(write_app: WriteApp, tmp_path: Path) -> None:
    write_app("shop", SHOP)
    found = discover([tmp_path])
    assert found["shop"] == tmp_path / "shop"
    assert {"core", "standard_crm"} <= set(found)


def test_every_mistake_of_every_file_is_told_at_once(mistakes_of: MistakesOf) -> None:
    found = mistakes_of(
        {
            ORDER: """
                module: sh_order
                label: Order
                label_plural: Orders
                title_field: numbr
                fields:
                  number: {type: txt, label: Number}
                  customer: {type: lookup, label: Customer, modul: sh_customer}
                """,
            CUSTOMER: """
                module: sh_customer
                label: Customer
                label_plural: Customers
                fields:
                  name: {type: text, label: Name}
                  colour: {type: picklist, label: Colour, picklist: colors}
                views:
                  all: {label: All, columns: [nam], sort: [-colour, city]}
                """,
            "menus.yaml": "sh_sales: {label: Sales, items: [sh_custmer]}\n",
        }
    )
    assert found == [
        "shop/menus.yaml:1: (sh_sales/items/sh_custmer/module) There is no module 'sh_custmer'. Did you mean 'sh_customer'?",
        "shop/modules/sh_customer/module.yaml:6: (fields/colour/picklist) There is no picklist 'colors'. Did you mean 'colours'?",
        f"shop/{CUSTOMER}:8: (views/all/columns/nam) There is no field 'nam' in sh_customer. Did you mean 'name'?",
        "shop/modules/sh_customer/module.yaml:8: (views/all/sort/city) There is no field 'city' in sh_customer.",
        "shop/modules/sh_order/module.yaml:6: (fields/number/type) There is no field type 'txt'. Did you mean 'text'?",
        "shop/modules/sh_order/module.yaml:7: (fields/customer/modul) 'modul' is not known here. Did you mean 'module'?",
    ]


def module(fields: str = "", rest: str = "") -> dict[str, str]:
    """`sh_order` with further fields and other parts, written as they stand in the file."""
    lines = ["module: sh_order", "label: Order", "label_plural: Orders", "fields:", "  name: {type: text, label: Name}"]
    lines += [f"  {line}" for line in fields.strip().splitlines()] + rest.strip().splitlines()
    customer = SHOP[CUSTOMER].replace("columns: [number, lines.quantity], sort: [-number]", "columns: [name]")
    return {ORDER: "\n".join(lines) + "\n", CUSTOMER: customer}


LOOKUP = "customer: {type: lookup, label: Customer, module: sh_customer}\n"


@pytest.mark.parametrize(
    ("fields", "rest", "said"),
    [
        ("Name: {type: text, label: A}", "", "small letters"),
        ("a__b: {type: text, label: A}", "", "small letters"),
        (f"{'a' * 41}: {{type: text, label: A}}", "", "at most 40 characters"),
        ("id: {type: text, label: A}", "", "the product itself keeps"),
        ("owner: {type: user, label: A}", "", "the product itself keeps"),
        ("and: {type: text, label: A}", "", "a word of the formula language"),
        ("table: {type: lines, label: A, fields: {position: {type: text, label: B}}}", "", "the product itself keeps"),
        ("a: {type: text}", "", "'label' is missing"),
        ("a: {type: text, label: A, max_length: 0}", "", "below 1"),
        ("a: {type: text, label: A, max_length: '5'}", "", "a whole number"),
        ("a: {type: text, label: A, required: yes}", "", "true or false"),
        ("a: {type: text, label: A, values: {x: X}}", "", "'values' is not known here"),
        ("a: {type: text, label: A, fields: {x: {type: text, label: X}}}", "", "'fields' is not known here"),
        ("a: {type: lines, label: A}", "", "'fields' is missing"),
        (
            "a: {type: lines, label: A, fields: {b: {type: lines, label: B, fields: {c: {type: text, label: C}}}}}",
            "",
            "line table",
        ),
        ("a: {type: lines, label: A, fields: {b: {type: text, label: B, max: 3}}}", "", "'max' is not known here"),
        ("a: {type: picklist, label: A}", "", "needs 'picklist' or 'values'"),
        ("a: {type: picklist, label: A, picklist: colours, values: {x: X}}", "", "either a shared picklist or values"),
        ("a: {type: picklist, label: A, values: {x: X}, default: y}", "", "'y' is not one of the choices"),
        ("a: {type: picklist, label: A, values: {x: {label: X, parent: z}}}", "", "no choice 'z'"),
        ("a: {type: picklist, label: A, values: {x: {label: X, parent: x}}}", "", "stands under itself"),
        ("a: {type: picklist, label: A, values: {x: {label: X, tone: pink}}}", "", "not one of the known names"),
        ("a: {type: picklist, label: A, values: {x: X}, controlled_by: name}", "", "not a choice field"),
        (
            "c: {type: picklist, label: C, values: {k: K}}\n"
            "a: {type: picklist, label: A, values: {x: {label: X, when: [kk]}}, controlled_by: c}",
            "",
            "'kk' is not a choice of 'c'",
        ),
        ("a: {type: lookup, label: A}", "", "needs 'module'"),
        ("a: {type: lookup, label: A, module: sh_custmer}", "", "no module 'sh_custmer'"),
        ("a: {type: lookup, label: A, module: sh_customer, filter: {field: colr, op: eq, value: 1}}", "", "no field 'colr'"),
        (
            "a: {type: lookup, label: A, module: sh_customer, filter: {field: name, op: eq, value: {$field: nam}}}",
            "",
            "(fields/a/filter/value/$field) There is no field 'nam' in sh_order",
        ),
        ("a: {type: lookup, label: A, module: sh_customer, copies: {nam: fax}}", "", "no field 'nam' in sh_order"),
        ("a: {type: lookup, label: A, module: sh_customer, copies: {name: fx}}", "", "no field 'fx' in sh_customer"),
        ("a: {type: integer, label: A, currency: nam}", "", "no field 'nam'"),
        (
            "a: {type: lines, label: A, fields: {b: {type: integer, label: B, currency: parent.nam}}}",
            "",
            "no field 'nam' in sh_order",
        ),
        ("a: {type: any_lookup, label: A, modules: [user, nobody]}", "", "no module 'nobody'"),
        ("a: {type: rollup, label: A, lines: linez, function: count}", "", "no line table 'linez'"),
        ("a: {type: rollup, label: A, module: sh_customer, via: keeper, function: count}", "", "does not point to sh_order"),
        ("a: {type: rollup, label: A, module: sh_customer.rows, via: keeper, function: count}", "", "no line table 'rows'"),
        ("", "title_field: nam", "no field 'nam'"),
        ("", "icon: hom", "'home'?"),
        ("", "tone: green-ish", "'green'?"),
        ("", "card: [name, name]", "twice"),
        ("", "card: name", "a list or a mapping"),
        ("", "subtitle_fields: [name.first]", "does not point to other records"),
        ("", "subtitle_fields: [customer.keeper.emial]", "customer.keeper.email"),
        ("", "views: {a: {label: A, columns: [name], filter: {field: nam, op: eq, value: 1}}}", "no field 'nam'"),
        ("", "views: {a: {label: A, columns: [name], filter: {field: name, op: equals}}}", "not one of the known names"),
        (
            "",
            "views: {a: {label: A, columns: [name], filter: {and: [{field: name, op: is_empty}], field: name, op: is_empty}}}",
            "holds either",
        ),
        ("", "views: {a: {label: A, columns: [name], filter: {or: [{not: {field: x, op: eq}}]}}}", "no field 'x'"),
        (
            "",
            "views: {a: {label: A, columns: [name], default: true}, b: {label: B, columns: [name], default: true}}",
            "the default list already",
        ),
        ("", "layouts: {default: {tabs: {t: {label: T, sections: {s: {fields: [nam]}}}}}}", "no field 'nam'"),
        (
            "",
            "layouts: {default: {tabs: {t: {label: T, sections: {s: {fields: [name]}, u: {fields: {name: 2}}}}}}}",
            "stands in this layout already",
        ),
        ("", "layouts: {default: {tabs: {}, related: {r: {module: sh_customer, field: keeper}}}}", "does not point to sh_order"),
        ("", "behaviours: {numbering: 5}", "a mapping"),
        ("", "colour: red", "'colour' is not known here"),
    ],
)
def test_what_is_wrong_in_a_module_is_said(mistakes_of: MistakesOf, fields: str, rest: str, said: str) -> None:
    found = mistakes_of(module(LOOKUP + fields, rest))
    assert [mistake for mistake in found if said in mistake and mistake.startswith(f"shop/{ORDER}:")], found
    assert len(found) == 1, found


def test_a_table_name_that_databases_would_cut_is_refused(mistakes_of: MistakesOf) -> None:
    key = "sh_" + "m" * 30
    fields = f"{{name: {{type: text, label: N}}, {'t' * 20}: {{type: lines, label: L, fields: {{a: {{type: text, label: A}}}}}}}}"
    text = f"module: {key}\nlabel: M\nlabel_plural: M\nfields: {fields}\n"
    assert "would have a name of more than 50 characters" in mistakes_of({f"modules/{key}/module.yaml": text})[0]


@pytest.mark.parametrize(
    ("files", "said"),
    [
        ({"app.yaml": None}, "app.yaml is missing"),
        ({"app.yaml": "name: shop\ntitle: Shop\nversion: one\nnamespace: sh\n"}, "two to four numbers"),
        ({"app.yaml": SHOP["app.yaml"].replace(">=0.3,<1", ">=0.4")}, "version 0.3.0, not >=0.4"),
        ({"app.yaml": SHOP["app.yaml"].replace(">=0.3,<1", "about 1")}, "not a range of versions"),
        ({"app.yaml": SHOP["app.yaml"].replace("{core:", "{cor:")}, "The app 'cor' is not there. Did you mean 'core'?"),
        ({"app.yaml": SHOP["app.yaml"].replace("namespace: sh", "help: none")}, "needs a namespace"),
        ({"app.yaml": SHOP["app.yaml"].replace("name: shop", "name: shoe")}, "both must be the same"),
        ({"modules/sh_more/module.yml": "module: sh_more\n"}, "Did you mean 'module.yaml'?"),
        ({"module/x.yaml": "a: 1"}, "Did you mean 'modules'?"),
        ({"modules/sh_thing/module.yaml": SHOP[ORDER]}, "both must be the same"),
        ({"modules/thing/module.yaml": SHOP[ORDER].replace("sh_order", "thing")}, "must begin with 'sh_'"),
        ({"picklists/sizes.yaml": "picklist: sizes\nlabel: Sizes\nvalues: {s: S}\n"}, "must begin with 'sh_'"),
        ({"picklists/sh_a.yaml": "picklist: sh_a\nlabel: A\nvalues: {s: {label: S, parent: s}}\n"}, "Only a tree"),
        ({"menus.yaml": "sh_a: {label: A, items: {sh_order: {view: al}}}\n"}, "no list 'al'"),
        ({"translations/english.po": "x"}, "named by its language"),
        ({"translations/es.po": 'msgid "a\n'}, "not a gettext catalogue"),
        ({"translations/es.po": b'msgid ""\nmsgstr "\xff"\n'}, "not UTF-8"),
        ({"extensions/a.yaml": "extend: modules/user\nadd: {fields/badge: {type: text, label: B}}\n"}, "must begin with 'sh_'"),
        ({"extensions/a.yaml": "extend: modules/user\nchange: {fields/nme/label: N}\n"}, "Did you mean 'name'?"),
        ({"extensions/a.yaml": "extend: modules/usr\nchange: {label: N}\n"}, "Did you mean 'user'?"),
        ({"extensions/a.yaml": "extend: modules/user\nchange: {fields/name/label: 5}\n"}, "must be a text"),
        ({"extensions/a.yaml": "extend: modules/user\nchange: {views: {}}\n"}, "entry by entry"),
        ({"extensions/a.yaml": "extend: users\n"}, "modules/<key>"),
    ],
)
def test_what_is_wrong_in_an_app_is_said(mistakes_of: MistakesOf, files: Mapping[str, str | bytes | None], said: str) -> None:
    found = mistakes_of(files)
    assert any(said in mistake for mistake in found), found


def test_an_extension_is_wrong_at_its_own_line(mistakes_of: MistakesOf) -> None:
    found = mistakes_of({"extensions/a.yaml": "extend: modules/user\nchange:\n  fields/name/label: Who\n  fields/nam/help: x\n"})
    assert found == [
        "shop/extensions/a.yaml:4: (change/fields/nam/help) There is no modules/user/fields/nam. Did you mean 'name'?"
    ]


def test_a_module_of_an_app_that_is_not_needed_cannot_be_named(write_app: WriteApp) -> None:
    other = {
        "app.yaml": "name: other\ntitle: Other\nversion: 1.0\nnamespace: ot\n",
        "modules/ot_a/module.yaml": """
            module: ot_a
            label: A
            label_plural: A
            fields: {name: {type: lookup, label: Name, module: sh_order}}
            """,
    }
    folders = [write_app("core", CORE), write_app("shop", SHOP), write_app("other", other)]
    with pytest.raises(AppErrors, match="There is no module 'sh_order'"):
        load_apps(folders, FIELD_TYPES)


def test_apps_that_need_each_other_are_refused(write_app: WriteApp) -> None:
    manifest = "name: {0}\ntitle: A\nversion: 1.0\nnamespace: {0}\ndepends: {{{1}: '>=1'}}\n"
    folders = [write_app(a, {"app.yaml": manifest.format(a, b)}) for a, b in (("aa", "bb"), ("bb", "cc"), ("cc", "aa"))]
    with pytest.raises(AppErrors) as caught:
        load_apps(folders, FIELD_TYPES)
    assert "The app depends on itself: aa → bb → cc → aa." in str(caught.value)
    assert len(caught.value.mistakes) == 3


def test_a_name_that_another_app_has_is_refused(write_app: WriteApp) -> None:
    rival = {"app.yaml": "name: rival\ntitle: R\nversion: 1.0\nnamespace: sh\ndepends: {shop: '>=1'}\n", ORDER: SHOP[ORDER]}
    with pytest.raises(AppErrors, match="The app 'shop' has 'sh_order' already"):
        load_apps([write_app("core", CORE), write_app("shop", SHOP), write_app("rival", rival)], FIELD_TYPES)


def test_links_to_other_places_are_not_followed(write_app: WriteApp, tmp_path: Path) -> None:
    folder = write_app("shop", {**SHOP, "picklists/sh_a.yaml": "picklist: sh_a\nlabel: A\nvalues: {a: A}\n"})
    secret = tmp_path / "secret.yaml"
    secret.write_text("password: 1")
    (folder / "picklists" / "sh_b.yaml").symlink_to(secret)
    with pytest.raises(AppErrors, match="Links to other places are not followed"):
        load_apps([write_app("core", CORE), folder], FIELD_TYPES)


def test_a_missing_folder_is_a_mistake(tmp_path: Path) -> None:
    with pytest.raises(AppErrors, match="There is no such folder"):
        load_app(tmp_path / "nothing", FIELD_TYPES)
