"""Definitions as data: typed, loaded from apps, laid on each other with the tenant's overlay, stored and compared. Pure.

    definitions   the frozen dataclasses that everything above works with
    loader        discover(extra) · load_app(path, field_types, installed) · load_apps(paths, field_types, installed)
    packages      AppPackage (to_json, from_json), dependency order
    layers        effective(packages, overlay, checks=SchemaCheck(field_types)) -> Effective(definitions, parked)
    operations    Operation: what an overlay consists of
    documents     to_documents(definitions) · from_documents(json): what servers compile from
    diff          changes(old, new): what a publish does, in words
    texts         texts_of(package): what a catalogue has to translate
    published     build_schemas(field_types): the JSON Schemas for editors
    reference     reference_pages(field_types): the Markdown made from the schemas
    errors        AppErrors, which carries every Mistake with file, line, path and nearest name

`field_types` is always `{field type key: options_schema}`; the field types themselves live above this package.
"""
