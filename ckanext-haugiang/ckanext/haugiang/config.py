"""Settings, read by typed functions when they are called, never at import.

Each is declared with its default and its description in ``config_declaration.yaml``; docs/reference/settings.md is made
from that file.
"""

from __future__ import annotations

import ipaddress
from functools import lru_cache
from pathlib import Path
from typing import Any

import ckan.plugins.toolkit as tk

Network = ipaddress.IPv4Network | ipaddress.IPv6Network
PREFIX = "ckanext.haugiang."
# Pages of other sites may read the API (views.downloads keeps that to reading).
PREFERRED = {"ckan.cors.origin_allow_all": True}


def _int(name: str) -> int:
    return int(tk.config[PREFIX + name])


def drawing_script() -> Path:
    """Where the script lies that makes charts interactive; it is written with the first drawing."""
    return storage_folder() / "vega.js"


def storage_folder() -> Path:
    """Where files are stored by their hash: a folder of ours under ``ckan.storage_path``."""
    return Path(tk.config["ckan.storage_path"]) / "haugiang"


def heartbeat_seconds() -> int:
    """Time between two heartbeats of a run."""
    return _int("heartbeat_seconds")


def lease_seconds() -> int:
    """Age of a heartbeat from which a run counts as abandoned."""
    return _int("lease_seconds")


def watchdog_seconds() -> int:
    """Time between two rounds of the scheduler."""
    return _int("watchdog_seconds")


def attempts() -> int:
    """How many times a run is started at most."""
    return _int("attempts")


def retry_seconds() -> int:
    """Wait before the second attempt; it doubles from there."""
    return _int("retry_seconds")


def job_seconds() -> int:
    """Time that one job of a worker may take."""
    return _int("job_seconds")


def swap_lock_milliseconds() -> int:
    """How long one try of the table swap waits for readers."""
    return _int("swap_lock_milliseconds")


def swap_tries() -> int:
    """How often the table swap is tried in one attempt of a run."""
    return _int("swap_tries")


def check_memory_mb() -> int:
    """Memory of the process that checks one file."""
    return _int("check.memory_mb")


def check_cpu_seconds() -> int:
    """Processor time of the check of one file."""
    return _int("check.cpu_seconds")


def check_wall_seconds() -> int:
    """Time by the clock of the check of one file."""
    return _int("check.wall_seconds")


def check_output_mb() -> int:
    """Size of the tidied table of one file."""
    return _int("check.output_mb")


def check_errors() -> int:
    """Errors that a report describes one by one."""
    return _int("check.errors")


def report_bytes() -> int:
    """Size of a stored report."""
    return _int("report_bytes")


def keep_unreferenced_seconds() -> int:
    """Age from which a stored file that nothing refers to is removed."""
    return _int("keep_unreferenced_seconds")


def clean_seconds() -> int:
    """Time between two cleanings by the scheduler."""
    return _int("clean_seconds")


def max_upload_bytes() -> int:
    """Size of the largest file that is taken, from CKAN's ``ckan.max_resource_size`` (in MB)."""
    return int(tk.config["ckan.max_resource_size"]) * 1024 * 1024


def page_cache_bytes() -> int:
    """Memory of one web process for pages that are kept; none are with 0."""
    return _int("page_cache.megabytes") * 1024 * 1024


def page_cache_seconds() -> int:
    """For how long a page is kept at most, though nothing that PostgreSQL knows of has changed."""
    return _int("page_cache.seconds")


def page_cache_ignored_cookies() -> list[str]:
    """Names, or patterns of names, of cookies that mean nothing to a page."""
    return list(tk.config[PREFIX + "page_cache.ignored_cookies"])


def trusted_proxies() -> tuple[Network, ...]:
    """Networks of proxies whose word about the address of a visitor counts."""
    return _networks(" ".join(tk.config[PREFIX + "trusted_proxies"]))


@lru_cache(maxsize=4)
def _networks(names: str) -> tuple[Network, ...]:
    return tuple(ipaddress.ip_network(name, strict=False) for name in names.split())


def api_token_header() -> str:
    """The header in which an API token comes, CKAN's ``apitoken_header_name``."""
    return str(tk.config["apitoken_header_name"])


def fts_language() -> str:
    """PostgreSQL's text search configuration for table rows, CKAN's ``ckan.datastore.default_fts_lang``."""
    return str(tk.config["ckan.datastore.default_fts_lang"])


def datastore_write_url() -> str:
    """Address of the DataStore's database for the role that owns its tables."""
    return str(tk.config["ckan.datastore.write_url"])


def datastore_read_url() -> str:
    """Address of the DataStore's database for the role that only reads."""
    return str(tk.config["ckan.datastore.read_url"])


def prefer(config: Any) -> None:
    """Settings of CKAN that the portal needs otherwise than CKAN; what the site sets itself is kept."""
    for key, value in PREFERRED.items():
        if not config.get(key):
            config[key] = value
