"""Texts in the reader's language: the tenant's own before the product's."""

from tessera.web.catalogues import PageTranslator


def test_the_tenants_own_texts_come_before_the_products() -> None:
    assert PageTranslator("es", {"Save": "Grabar"}).gettext("Save") == "Grabar"
    assert PageTranslator("es", {}).gettext("Save") == "Guardar"
    assert PageTranslator("en", {}).gettext("Save") == "Save"


def test_plurals_follow_the_language() -> None:
    spanish, chinese = PageTranslator("es", {}), PageTranslator("zh", {})
    assert spanish.ngettext("{count} record", "{count} records", 2) == "{count} registros"
    assert chinese.ngettext("{count} record", "{count} records", 1) == "{count} 条记录"
