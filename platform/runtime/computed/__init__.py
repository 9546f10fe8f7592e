"""Stored formulas and roll-ups: real columns, right in the same transaction, also across modules and under concurrent writers.

How the parts meet the rest of the runtime:

- `analysis.analyse(catalog) -> Catalog`: called once by `compile_catalog`; checks every formula and roll-up, refuses cycles
  (`CycleError` names them) and gives the catalog its `computed` plan. Raises `ComputedErrors` with (place, message) of each.
- `evaluation.evaluate_record(session, draft, formulas)`: called before validation; fills the computed fields of a draft and its
  lines. `evaluation.lock_sources(session, drafts, formulas)` may be called before, once for many drafts.
- `changes.RecordChange`: what was written (`created`, `updated`, `removed`, `restored` from a draft).
- `propagation.propagate(session, changes)`: called after the write, in the same transaction, with all changes at once.
- `recompute.recompute(database, catalog, now=…)`: rebuilds everything in batches and says what differed.
  `recompute.recompute_stale(…)` does so for what the clock alone changes (`today()`, `now()`): call it every night.

A computed column is a matter of its inputs: its changes raise neither the record's version nor an audit entry.
"""
