"""The formula language: text → syntax → typed tree → a Python value, or an SQL expression of the same meaning.

    formula = check("sum(lines.amount) * (1 - discount / 100)", scope, "sales_order", expect=NUMBER)
    formula.evaluate({"lines": [...], "discount": Decimal(10)}, environment)
    select(formula.to_sql(resolver))

Pure: no input or output, no engine; SQLAlchemy only to build expression objects. The parts, in the order a text meets them:
`tokens`, `parser` (to `syntax`), `checker` (to `tree`, with `functions/` and a `Scope`), then `evaluate` or `sql`.
`sqlite.register_sqlite_functions` must have been called on every SQLite connection that runs compiled formulas.
`docs/formulas.md` is the language's reference; `reference` writes its tables.
"""
