"""Every setting of a process: its name, type, default and meaning. `bootstrap.configuration` fills it from outside.

A setting `port` is `TESSERA_PORT` in the environment and `port` in the TOML file. `docs/configuration.md` is generated from here.
"""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, TypeVar

T = TypeVar("T")

LogLevel = Literal["debug", "info", "warning", "error"]
LogFormat = Literal["text", "json"]
Locale = Literal["en", "zh", "es"]


def setting(
    default: T, about: str, *, example: str = "", secret: bool = False, at_least: int | None = None, at_most: int | None = None
) -> T:
    """A dataclass field with its description and limits; `secret` ones are never printed."""
    metadata: dict[str, Any] = {"about": about, "example": example, "secret": secret, "at_least": at_least, "at_most": at_most}
    made: T = field(default=default, repr=not secret, metadata=metadata)
    return made


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What a process was told. Immutable; made once at start."""

    data_dir: Path = setting(
        Path("var"),
        "Folder for everything the installation keeps on this machine: SQLite databases, uploaded files, the secret key. "
        "Made when missing.",
        example="/var/lib/tessera",
    )
    control_database_url: str = setting(
        "",
        "Database that knows the tenants and where each one lives (an SQLAlchemy URL). Empty: a SQLite file in `data_dir`.",
        example="postgresql+psycopg://tessera:…@db.example.com/tessera",
        secret=True,
    )
    default_location: str = setting(
        "sqlite",
        "Where new tenants are put: `sqlite` (a file of their own in `data_dir`) or the URL of a PostgreSQL database, "
        "in which each gets a schema.",
        example="postgresql+psycopg://tessera:…@db.example.com/tenants",
        secret=True,
    )
    apps_path: tuple[Path, ...] = setting(
        (), "Folders that hold further app packages, one folder an app, beside the bundled ones.", example="/srv/tessera/apps"
    )
    redis_url: str = setting(
        "",
        "Redis that carries jobs to workers. Empty: the server does its jobs itself, in a thread; nothing else changes.",
        example="redis://127.0.0.1:6379/0",
        secret=True,
    )
    host: str = setting(
        "127.0.0.1",
        "Address to listen on. To be reached from other machines, put a proxy that speaks TLS before it.",
        example="::1",
    )
    port: int = setting(8080, "TCP port to listen on.", example="80", at_least=1, at_most=65535)
    workers: int = setting(1, "Server processes. One serves a small office; then one a processor core.", example="4", at_least=1)
    threads: int = setting(8, "Requests that one server process works on at a time.", example="16", at_least=1, at_most=512)
    jobs: bool = setting(
        True,
        "Whether the server does background jobs in a thread when there is no Redis. Off where only `tessera worker` should.",
        example="false",
    )
    shutdown_seconds: int = setting(
        30, "How long a stopping server waits for requests that are being answered.", example="60", at_least=1
    )
    log_level: LogLevel = setting("info", "The least important log lines that are written.", example="warning")
    log_format: LogFormat = setting("text", "`text` for people, `json` (one object a line) for machines.", example="json")
    secret_key: str = setting(
        "",
        "Key that signs what the server hands out and takes back. At least 32 characters, the same for all processes of an "
        "installation. Empty: made once and kept in `data_dir`, readable by its owner only.",
        secret=True,
    )
    trusted_hosts: tuple[str, ...] = setting(
        (),
        "Host names that requests may be addressed to; a leading dot stands for all below. Empty: any. "
        "Set it where the server can be reached from outside.",
        example="crm.example.com,.example.org",
    )
    trusted_proxies: int = setting(
        0,
        "How many proxies in front of the server set `X-Forwarded-For`, `-Proto` and `-Host`. 0: these headers are not believed.",
        example="1",
        at_least=0,
        at_most=10,
    )
    base_url: str = setting(
        "",
        "Address under which people reach the server, for links in messages. Empty: taken from `host` and `port`.",
        example="https://crm.example.com",
    )
    default_tenant: str = setting(
        "", "Tenant that answers at hosts no tenant claims. Empty: the only tenant, if there is just one.", example="acme"
    )
    cors_origins: tuple[str, ...] = setting(
        (), "Web sites whose pages may call the API from a browser.", example="https://shop.example.com"
    )
    token_rate: int = setting(6000, "API requests a minute with one token or session; 0 is no limit.", example="600", at_least=0)
    address_rate: int = setting(
        600, "API requests a minute from one address that nobody signed in for; 0 is no limit.", example="60", at_least=0
    )
    login_rate: int = setting(20, "Attempts to sign in a minute from one address; 0 is no limit.", example="5", at_least=0)
    max_upload_mb: int = setting(25, "Largest request body that is taken, in MiB.", example="100", at_least=1, at_most=4096)
    timezone: str = setting("UTC", "Time zone of new tenants; each can change its own.", example="Europe/Madrid")
    locale: Locale = setting("en", "Language of API answers for those who ask for none.", example="es")

    @property
    def max_upload_bytes(self) -> int:
        """`max_upload_mb` in bytes."""
        return self.max_upload_mb * 1024 * 1024

    def files_of(self, tenant: str) -> Path:
        """The folder of a tenant's uploaded files."""
        return self.data_dir / "files" / tenant
