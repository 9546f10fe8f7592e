"""The OpenAPI 3.1 description of a tenant's API, made from its catalog.

`names` gives components and operations their names, `components` the schemas of records, `fixed` those that every tenant has,
`paths` the addresses, and `document` puts them together and keeps the result with its metadata version.
"""
