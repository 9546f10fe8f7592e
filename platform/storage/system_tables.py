"""Tables that the product itself keeps in every tenant, and in the control database. Names start with `sys_`.

They hold no foreign keys to module tables: modules come and go with the metadata, these stay.
"""

import sqlalchemy as sa

from tessera.storage.types import Json, UtcDateTime, Uuid7

tenant_metadata = sa.MetaData()
control_metadata = sa.MetaData()


def _id() -> sa.Column[object]:
    return sa.Column("id", Uuid7, primary_key=True)


#: One row a metadata version: the effective documents and the physical tables they need. The highest `active` one serves.
metadata_version = sa.Table(
    "sys_metadata_version",
    tenant_metadata,
    sa.Column("version", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("state", sa.String(20), nullable=False),  # applying | active | superseded | failed
    sa.Column("documents", Json, nullable=False),  # effective definitions, as the loader's JSON form
    sa.Column("tables", Json, nullable=False),  # [TableSpec …] incl. hidden ones
    sa.Column("plan", Json, nullable=False),  # the steps, with those that are done
    sa.Column("checksum", sa.String(64), nullable=False),
    sa.Column("created_at", UtcDateTime, nullable=False),
    sa.Column("created_by", sa.String(200), nullable=False),
)

#: Apps installed in the tenant, with their documents as installed (the base of later three-way merges).
installed_app = sa.Table(
    "sys_app",
    tenant_metadata,
    sa.Column("name", sa.String(50), primary_key=True),
    sa.Column("version", sa.String(50), nullable=False),
    sa.Column("documents", Json, nullable=False),
    sa.Column("installed_at", UtcDateTime, nullable=False),
)

#: The tenant's own changes: keyed operations, never copies (see `metadata.layers`).
overlay_change = sa.Table(
    "sys_overlay",
    tenant_metadata,
    _id(),
    sa.Column("position", sa.Integer, nullable=False, index=True),
    sa.Column("operation", Json, nullable=False),
    sa.Column("created_at", UtcDateTime, nullable=False),
    sa.Column("created_by", sa.String(200), nullable=False),
)

#: Small facts: base currency, secret key, demo flag …
setting = sa.Table(
    "sys_setting",
    tenant_metadata,
    sa.Column("key", sa.String(100), primary_key=True),
    sa.Column("value", Json, nullable=False),
)

#: Number series; one row a series and period.
counter = sa.Table(
    "sys_counter",
    tenant_metadata,
    sa.Column("series", sa.String(150), primary_key=True),
    sa.Column("period", sa.String(20), primary_key=True),
    sa.Column("value", sa.BigInteger, nullable=False),
)

#: What changed, by whom, from where. Append-only; `version` is the record's version after the change.
audit = sa.Table(
    "sys_audit",
    tenant_metadata,
    _id(),
    sa.Column("at", UtcDateTime, nullable=False),
    sa.Column("module", sa.String(50), nullable=False),
    sa.Column("record_id", Uuid7, nullable=True),
    sa.Column("version", sa.Integer, nullable=True),
    sa.Column("action", sa.String(30), nullable=False),  # create | update | delete | restore | purge | export …
    sa.Column("changes", Json, nullable=False),  # {field: [before, after]}, lines as {"lines/<id>": …}
    sa.Column("principal_id", Uuid7, nullable=True),
    sa.Column("principal", sa.String(200), nullable=False),
    sa.Column("face", sa.String(20), nullable=False),
    sa.Column("request_id", sa.String(100), nullable=False),
    sa.Index("ix_sys_audit_record", "module", "record_id", "version"),
    sa.Index("ix_sys_audit_at", "at"),
)

#: Events written in the record's own transaction; each is turned into jobs once.
outbox = sa.Table(
    "sys_outbox",
    tenant_metadata,
    _id(),
    sa.Column("at", UtcDateTime, nullable=False),
    sa.Column("event", sa.String(100), nullable=False),  # record.created | record.updated | …
    sa.Column("module", sa.String(50), nullable=False),
    sa.Column("record_id", Uuid7, nullable=True),
    sa.Column("payload", Json, nullable=False),
    sa.Column("dispatched_at", UtcDateTime, nullable=True),
    sa.Index(
        "ix_sys_outbox_open",
        "id",
        sqlite_where=sa.text("dispatched_at IS NULL"),
        postgresql_where=sa.text("dispatched_at IS NULL"),
    ),
)

#: Work to be done; the row is the truth, whoever carries it.
job = sa.Table(
    "sys_job",
    tenant_metadata,
    _id(),
    sa.Column("kind", sa.String(100), nullable=False),
    sa.Column("arguments", Json, nullable=False),
    sa.Column("effect_key", sa.String(200), nullable=True, unique=True),  # a second job of the same key is not made
    sa.Column("state", sa.String(20), nullable=False),  # waiting | running | done | dead | cancelled
    sa.Column("priority", sa.Integer, nullable=False),  # the lowest number runs first
    sa.Column("run_at", UtcDateTime, nullable=False),
    sa.Column("attempts", sa.Integer, nullable=False),
    sa.Column("max_attempts", sa.Integer, nullable=False),
    sa.Column("claimed_by", sa.String(100), nullable=True),
    sa.Column("claimed_until", UtcDateTime, nullable=True),
    sa.Column("progress", sa.Integer, nullable=False),
    sa.Column("total", sa.Integer, nullable=True),
    sa.Column("message", sa.Text, nullable=False),
    sa.Column("result", Json, nullable=True),
    sa.Column("error", sa.Text, nullable=True),
    sa.Column("cancel_requested", sa.Boolean, nullable=False),
    sa.Column("principal_id", Uuid7, nullable=True),
    sa.Column("created_at", UtcDateTime, nullable=False),
    sa.Column("started_at", UtcDateTime, nullable=True),  # of the latest attempt
    sa.Column("finished_at", UtcDateTime, nullable=True),
    sa.Index("ix_sys_job_due", "state", "priority", "run_at"),
)

#: Proof that an effect took place, written in its own transaction: a job that runs twice finds it and stops.
effect = sa.Table(
    "sys_effect",
    tenant_metadata,
    sa.Column("key", sa.String(200), primary_key=True),
    sa.Column("at", UtcDateTime, nullable=False),
    sa.Column(
        "state", sa.String(10), nullable=False
    ),  # done | begun (an outside effect of which nobody knows yet whether it took place)
    sa.Column("job_id", Uuid7, nullable=True, index=True),
)

schedule = sa.Table(
    "sys_schedule",
    tenant_metadata,
    sa.Column("key", sa.String(100), primary_key=True),
    sa.Column("cron", sa.String(100), nullable=False),
    sa.Column("timezone", sa.String(60), nullable=False),
    sa.Column("kind", sa.String(100), nullable=False),
    sa.Column("arguments", Json, nullable=False),
    sa.Column("enabled", sa.Boolean, nullable=False),
    sa.Column("missed", sa.String(10), nullable=False),  # run_once | skip
    sa.Column("next_at", UtcDateTime, nullable=False),
)

#: Answers to requests that carried an Idempotency-Key, to be replayed exactly.
idempotency = sa.Table(
    "sys_idempotency",
    tenant_metadata,
    sa.Column("key", sa.String(255), primary_key=True),
    sa.Column("principal_id", sa.String(60), primary_key=True),
    sa.Column("route", sa.String(200), primary_key=True),
    sa.Column("fingerprint", sa.String(64), nullable=False),
    sa.Column("status", sa.Integer, nullable=True),  # null while the first one is in progress
    sa.Column("headers", Json, nullable=True),
    sa.Column("body", sa.LargeBinary, nullable=True),
    sa.Column("created_at", UtcDateTime, nullable=False),
)

credential = sa.Table(
    "sys_credential",
    tenant_metadata,
    sa.Column("user_id", Uuid7, primary_key=True),
    sa.Column("login", sa.String(200), nullable=False, unique=True),  # folded to lower case
    sa.Column("password_hash", sa.String(300), nullable=False),
    sa.Column("failures", sa.Integer, nullable=False),
    sa.Column("locked_until", UtcDateTime, nullable=True),
    sa.Column("changed_at", UtcDateTime, nullable=False),
)

web_session = sa.Table(
    "sys_session",
    tenant_metadata,
    sa.Column("token_hash", sa.String(64), primary_key=True),  # sha256 of the cookie's random value
    sa.Column("user_id", Uuid7, nullable=False, index=True),
    sa.Column("csrf", sa.String(64), nullable=False),
    sa.Column("created_at", UtcDateTime, nullable=False),
    sa.Column("seen_at", UtcDateTime, nullable=False),
    sa.Column("expires_at", UtcDateTime, nullable=False),
    sa.Column("address", sa.String(60), nullable=False),
    sa.Column("device", sa.String(300), nullable=False),
)

access_token = sa.Table(
    "sys_token",
    tenant_metadata,
    _id(),
    sa.Column("token_hash", sa.String(64), nullable=False, unique=True),
    sa.Column("user_id", Uuid7, nullable=False, index=True),
    sa.Column("name", sa.String(100), nullable=False),
    sa.Column("scopes", Json, nullable=False),  # {"modules": [...]|"*", "actions": [...]|"*"}
    sa.Column("created_at", UtcDateTime, nullable=False),
    sa.Column("expires_at", UtcDateTime, nullable=True),
    sa.Column("last_used_at", UtcDateTime, nullable=True),
    sa.Column("revoked_at", UtcDateTime, nullable=True),
)

stored_file = sa.Table(
    "sys_file",
    tenant_metadata,
    _id(),
    sa.Column("name", sa.String(255), nullable=False),
    sa.Column("size", sa.BigInteger, nullable=False),
    sa.Column("media_type", sa.String(100), nullable=False),  # as sniffed, never as claimed
    sa.Column("sha256", sa.String(64), nullable=False),
    sa.Column("module", sa.String(50), nullable=True),  # the record whose rights guard it; null until saved
    sa.Column("record_id", Uuid7, nullable=True),
    sa.Column("created_at", UtcDateTime, nullable=False),
    sa.Column("created_by", Uuid7, nullable=True),
)

#: Row errors of imports and the rows they made, so that an import can be repeated, explained and undone.
import_run = sa.Table(
    "sys_import",
    tenant_metadata,
    _id(),
    sa.Column("module", sa.String(50), nullable=False),
    sa.Column("source", sa.String(255), nullable=False),
    sa.Column("state", sa.String(20), nullable=False),
    sa.Column("counts", Json, nullable=False),
    sa.Column("created_at", UtcDateTime, nullable=False),
    sa.Column("created_by", Uuid7, nullable=True),
)

#: The control database: tenants, where they are, what they answer to. It knows nothing of their data.
tenant = sa.Table(
    "tenant",
    control_metadata,
    sa.Column("key", sa.String(40), primary_key=True),
    sa.Column("name", sa.String(200), nullable=False),
    sa.Column("location", sa.String(500), nullable=False),  # database URL
    sa.Column("schema", sa.String(50), nullable=True),  # PostgreSQL schema; null on SQLite
    sa.Column("state", sa.String(20), nullable=False),  # creating | active | suspended | deleted
    sa.Column("metadata_version", sa.Integer, nullable=False),
    sa.Column("created_at", UtcDateTime, nullable=False),
)

tenant_host = sa.Table(
    "tenant_host",
    control_metadata,
    sa.Column("host", sa.String(253), primary_key=True),
    sa.Column("tenant", sa.String(40), nullable=False, index=True),
)

#: One token bucket a key, shared by all processes.
rate_limit = sa.Table(
    "rate_limit",
    control_metadata,
    sa.Column("key", sa.String(200), primary_key=True),
    sa.Column("window", sa.BigInteger, nullable=False),
    sa.Column("used", sa.Integer, nullable=False),
)

#: Small facts of the control database itself: the version of its own tables.
control_setting = sa.Table(
    "control_setting",
    control_metadata,
    sa.Column("key", sa.String(100), primary_key=True),
    sa.Column("value", Json, nullable=False),
)
