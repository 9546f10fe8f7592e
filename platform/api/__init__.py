"""The generated REST API of a tenant, /api/v1, and its description.

`blueprint.create_blueprint` is the way in. A request meets, in order: `endpoint` (address → tenant → who asks → rate limit),
a handler of `resources/` (reads the request, calls the record service, forms an `Answer`), `answers` (compression, headers) or
`problems` (errors).
"""
