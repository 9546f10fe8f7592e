"""What a record goes through: compiled modules, field types, the record service, queries, computed fields, publishing, jobs.

`runtime.runtime.Runtime` is the entrance: it hands out tenants, a tenant hands out sessions, a session has `records`.
"""
