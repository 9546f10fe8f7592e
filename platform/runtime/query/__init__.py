"""The query side: JSON filter trees, sorting, keyset paging, aggregates and options, compiled to SQL under the reader's policy.

A request is turned into a *plan* (`plans.py`): SQL text, the order of its parameters and a decoder of rows. A plan is made once
for a shape of request (module, fields, structure of the filter, sort, kind of reader) and kept with the catalog; a request
that has a known shape only binds its values.

`access` what the reader may see · `tree` the filter as sent → nodes · `paths` names → fields · `sources` FROM and joins ·
`filter` nodes → SQL · `keyset` cursors · `rows` columns → rows · `listing`, `reading`, `aggregate`, `options` the calls ·
`indexes` which indexes a module's lists need.
"""
