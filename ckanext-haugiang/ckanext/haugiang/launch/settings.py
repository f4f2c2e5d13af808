"""Settings of the start: environment variables HAUGIANG_*, or the same in the file ``settings`` of the state folder."""

from __future__ import annotations

import difflib
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from ckanext.haugiang.launch.home import LaunchError

VARIABLES = {
    "HAUGIANG_HOME": "Folder of all state. Default: .portal in the checkout; for root /var/lib/haugiang.",
    "HAUGIANG_HOST": "Address that the web server listens on. Default: 127.0.0.1; 0.0.0.0 is everywhere, without TLS.",
    "HAUGIANG_PORT": "Its port. Default: 5000.",
    "HAUGIANG_SITE_URL": "Address that people type. Default: http://localhost:PORT.",
    "HAUGIANG_DATABASE_URL": "postgresql:// address of CKAN's database, in place of the embedded one.",
    "HAUGIANG_DATASTORE_WRITE_URL": "postgresql:// address of the DataStore's database, for the role that writes.",
    "HAUGIANG_DATASTORE_READ_URL": "The same database, for the role that only reads.",
    "HAUGIANG_REDIS_URL": "redis://, rediss:// or unix:// address, in place of the embedded Redis.",
    "HAUGIANG_SOLR_URL": "http:// address of a Solr core, in place of the search in PostgreSQL.",
    "HAUGIANG_SMTP_SERVER": "Mail server, host or host:port. Without one no mail is sent.",
    "HAUGIANG_SMTP_STARTTLS": "true or false. Default: true.",
    "HAUGIANG_SMTP_USER": "Account on the mail server.",
    "HAUGIANG_SMTP_PASSWORD": "Its password.",
    "HAUGIANG_SMTP_FROM": "Sender of the portal's mail.",
    "HAUGIANG_ERROR_EMAIL": "Who gets a mail about an unexpected error.",
    "HAUGIANG_DATASETS": "Folder of Data Packages to load. Default: the demonstration data; none loads nothing.",
    "HAUGIANG_WEB_PROCESSES": "Web server processes. Default: 2.",
    "HAUGIANG_WORKERS": "Processes that check and publish files. Default: 2.",
}
# CKAN's settings that the installation decides; every other one may stand in the file ``settings``.
FIXED = (
    "ckan.site_id",
    "ckan.site_url",
    "ckan.storage_path",
    "ckan.redis.url",
    "ckan.datastore.write_url",
    "ckan.datastore.read_url",
)
SCHEMES = {
    "HAUGIANG_SITE_URL": ("http", "https"),
    "HAUGIANG_DATABASE_URL": ("postgresql",),
    "HAUGIANG_DATASTORE_WRITE_URL": ("postgresql",),
    "HAUGIANG_DATASTORE_READ_URL": ("postgresql",),
    "HAUGIANG_REDIS_URL": ("redis", "rediss", "unix"),
    "HAUGIANG_SOLR_URL": ("http", "https"),
}


@dataclass(frozen=True)
class Settings:
    """The settings by their variable, with the defaults that need no thought."""

    values: Mapping[str, str]

    def get(self, name: str) -> str:
        """A value, or an empty string."""
        return self.values.get(f"HAUGIANG_{name}", "")

    def number(self, name: str, default: int, most: int) -> int:
        """A whole number from 1 on."""
        text = self.get(name) or str(default)
        if not text.isdecimal() or not 1 <= int(text) <= most:
            raise LaunchError(f"HAUGIANG_{name} is {text!r}: write a whole number from 1 to {most}.")
        return int(text)

    @property
    def ckan(self) -> dict[str, str]:
        """CKAN's own settings that the operator changed."""
        return {name: value for name, value in self.values.items() if name.startswith("ckan")}

    @property
    def host(self) -> str:
        """Where the web server listens."""
        return self.get("HOST") or "127.0.0.1"

    @property
    def port(self) -> int:
        """On which port."""
        return self.number("PORT", 5000, 65535)

    @property
    def local_url(self) -> str:
        """The web server's address on this machine."""
        host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(self.host, self.host)  # noqa: S104 - compared, not bound
        return f"http://[{host}]:{self.port}" if ":" in host else f"http://{host}:{self.port}"

    @property
    def site_url(self) -> str:
        """What people type."""
        return (self.get("SITE_URL") or f"http://localhost:{self.port}").rstrip("/")

    @property
    def embedded_postgres(self) -> bool:
        """Whether one of the databases is ours to run."""
        return not (self.get("DATABASE_URL") and self.get("DATASTORE_WRITE_URL"))

    @property
    def embedded_redis(self) -> bool:
        """Whether Redis is ours to run."""
        return not self.get("REDIS_URL")

    def fingerprint(self) -> str:
        """Changes when a setting changes, and tells none of them."""
        return hashlib.sha256(json.dumps(sorted(self.values.items())).encode()).hexdigest()


def read_settings(environ: Mapping[str, str], home: Path) -> Settings:
    """The environment's settings, then the file's; refuse what is not understood.

    Args:
        environ: the environment variables.
        home: the state folder, which may have a file ``settings`` with lines NAME=VALUE; CKAN's settings (``ckan.…``,
            ``ckanext.…``) may stand there too.

    Raises:
        LaunchError: an unknown name, or a value that cannot be.
    """
    values = {name: value for name, value in environ.items() if name.startswith("HAUGIANG_") and value}
    path = home / "settings"
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines() if path.exists() else [], 1):
        name, equals, value = (part.strip() for part in line.partition("="))
        if not name or name.startswith("#"):
            continue
        if not equals or not name.startswith(("HAUGIANG_", "ckan.", "ckanext.")):
            raise LaunchError(f"{path}, line {number}: write HAUGIANG_NAME=value, not {line!r}.")
        if name in FIXED:
            raise LaunchError(f"{path}, line {number}: {name} follows from the HAUGIANG_ settings; remove the line.")
        values.setdefault(name, value)
    for name, value in values.items():
        if name not in VARIABLES and not name.startswith("ckan"):
            near = difflib.get_close_matches(name, VARIABLES, 1)
            raise LaunchError(f"{name} is not a setting of the portal{f': did you mean {near[0]}?' if near else '.'}")
        if name in SCHEMES and urlsplit(value).scheme not in SCHEMES[name]:
            raise LaunchError(f"{name} must begin with {' or '.join(f'{s}://' for s in SCHEMES[name])}.")
    values.pop("HAUGIANG_HOME", None)
    settings = Settings(values)
    check_together(settings)
    return settings


def check_together(settings: Settings) -> None:
    """Refuse what contradicts itself."""
    _ = settings.port, settings.number("WEB_PROCESSES", 2, 64), settings.number("WORKERS", 2, 64)
    write, read = settings.get("DATASTORE_WRITE_URL"), settings.get("DATASTORE_READ_URL")
    if bool(write) != bool(read):
        raise LaunchError("HAUGIANG_DATASTORE_WRITE_URL and HAUGIANG_DATASTORE_READ_URL belong together: set both or none.")
    if write and write == read:
        raise LaunchError("HAUGIANG_DATASTORE_READ_URL must name a role that only reads, not the one that writes.")
    database = settings.get("DATABASE_URL")
    if database and urlsplit(write)[1:3] and _place(database) == _place(write):
        raise LaunchError("HAUGIANG_DATABASE_URL and HAUGIANG_DATASTORE_WRITE_URL must name two databases.")


def _place(url: str) -> tuple[str | None, int, str, str]:
    parts = urlsplit(url)
    return parts.hostname, parts.port or 5432, parts.path, parts.query
