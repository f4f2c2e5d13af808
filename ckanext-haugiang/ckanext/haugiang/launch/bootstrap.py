"""Installs the portal's programs, then hands over to them. ``make`` calls this file with the system's Python.

It needs nothing but the standard library and runs under Python 3.8 and newer, so that a wrong Python, a wrong
machine or a missing package is told in one line. The programs themselves need Python 3.11 or 3.12.

An ordinary user gets ``.venv`` in the checkout, with the project editable. PostgreSQL refuses to run as root, and
a web server should not, so root installs below ``/opt/haugiang`` (owned by root, the project as a wheel, because
``/root`` is closed to others) and everything after the installation runs as the system user ``haugiang`` with its
state in ``/var/lib/haugiang``. Root never executes anything that this user can write.
"""

from __future__ import annotations

import argparse
import contextlib
import fcntl
import hashlib
import json
import os
import platform
import pwd
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

if TYPE_CHECKING:
    from collections.abc import Iterator

BEGAN = time.monotonic()
CHECKOUT = Path(__file__).resolve().parents[4]
REQUIREMENTS = CHECKOUT / "requirements"
USER = "haugiang"
SOURCES = ("ckanext-haugiang", "schemas", "setup.py", "pyproject.toml", "MANIFEST.in", "README.md")
NOT_SOURCE = ("__pycache__", "*.egg-info", "*.pyc", ".mypy_cache", ".ruff_cache")
WANTED = ("3.11", "3.12")


class RefusalError(Exception):
    """One line that says what is wrong and what to do."""


class Place:
    """Where the programs and the state of this installation are, and who runs them."""

    def __init__(self, in_checkout: bool, package_set: str) -> None:
        """Choose by who asks.

        Args:
            in_checkout: the programs stay in the checkout and the caller runs them (tests), root or not.
            package_set: the locked set to install; a name other than portal or test gets an environment of its own.
        """
        root = os.geteuid() == 0
        self.user: str | None = USER if root and not in_checkout else None
        given = os.environ.get("HAUGIANG_HOME")
        usual = Path("/var/lib") / USER if root else CHECKOUT / ".portal"
        self.home = Path(given).expanduser().absolute() if given else usual
        if self.user:
            self.program = Path("/opt") / USER / hashlib.sha256(os.fsencode(CHECKOUT)).hexdigest()[:8]
            self.venv = self.program / "venv"
            self.datasets = self.program / "datasets"
        else:
            self.program = CHECKOUT / ".cache"
            self.venv = CHECKOUT / (".venv" if package_set in ("portal", "test") else f".venv-{package_set}")
            self.datasets = CHECKOUT / "datasets"
        self.python = self.venv / "bin" / "python"
        self.stamp = self.venv / "haugiang.json"


def main() -> None:
    """Install what is missing and run the command in it."""
    parser = argparse.ArgumentParser(prog="bootstrap.py")
    parser.add_argument("--set", default="portal", dest="package_set", help="locked set of requirements/")
    parser.add_argument("mode", choices=["launch", "run"], help="launch: the portal; run: a program in the checkout")
    parser.add_argument("rest", nargs=argparse.REMAINDER)
    options = parser.parse_args()
    try:
        if problem := machine_problem():
            fail(problem)
        place = Place(options.mode == "run", options.package_set)
        moved = read_stamp(place).get("checkout", str(CHECKOUT)) != str(CHECKOUT)
        wants_install = moved or options.mode == "run" or options.rest[:1] in (["up"], ["restore"])
        code = source_hash()
        if wants_install:
            install(place, options.package_set, code)
        elif not place.python.exists():
            fail("The portal is not installed yet: make up.")
        if options.mode == "run":
            environ = dict(os.environ, PYTHONUTF8="1", VIRTUAL_ENV=str(place.venv))
            environ["PATH"] = f"{place.venv / 'bin'}{os.pathsep}{environ.get('PATH', os.defpath)}"
            os.execve(str(place.python), [str(place.python), *options.rest], environ)
        launch(place, options.rest, code)
    except RefusalError as refusal:
        fail(str(refusal))
    except KeyboardInterrupt:
        sys.stderr.write("\nStopped.\n")
        sys.exit(130)


def fail(line: str) -> NoReturn:
    """Say one line and end."""
    sys.stderr.write(line + "\n")
    sys.exit(1)


def machine_problem() -> str:
    """Why the compiled parts, wheels for one kind of machine only, cannot run here; empty if they can."""
    if sys.platform != "linux" or platform.machine() != "x86_64":
        return (
            "The portal's embedded PostgreSQL and Redis run on x86-64 Linux only; this is "
            f"{platform.system()} on {platform.machine()}. Use an x86-64 Linux machine, virtual machine or container."
        )
    name, version = platform.libc_ver()
    if name != "glibc" or tuple(int(part) for part in version.split(".")[:2]) < (2, 28):
        return f"glibc 2.28 or newer is needed; here is {name or 'another'} {version}: use Debian 10, RHEL 8 or newer."
    return ""


def source_hash() -> str:
    """One hash of everything that the running programs are made of."""
    total = hashlib.sha256()
    for name in (*SOURCES, "requirements"):
        top = CHECKOUT / name
        for path in sorted(top.rglob("*")) if top.is_dir() else [top]:
            if path.is_file() and "__pycache__" not in path.parts and not any(p.endswith(".egg-info") for p in path.parts):
                total.update(os.fsencode(path.relative_to(CHECKOUT)) + b"\0" + hashlib.sha256(path.read_bytes()).digest())
    return total.hexdigest()


def install(place: Place, package_set: str, code: str) -> None:
    """Bring the virtual environment to the locked set and the project into it; do nothing when both are there."""
    os.umask(0o022)  # root's own umask may hide the programs from the user that runs them
    if place.user:
        prepare_root(place)
    place.program.mkdir(parents=True, exist_ok=True)
    with locked(place.program / "install.lock"):
        done = read_stamp(place)
        if package_set == "portal" and done.get("set") == "test":
            package_set = "test"  # the tests' set contains the portal's; do not take it away again
        lock = digest(REQUIREMENTS / f"{package_set}.txt", REQUIREMENTS / "uv.txt", REQUIREMENTS / "build.txt")
        project = code if place.user else digest(CHECKOUT / "setup.py", CHECKOUT / "pyproject.toml")
        usable = usable_python(place.python) is not None
        wanted = {"set": package_set, "lock": lock, "project": project, "checkout": str(CHECKOUT)}
        if usable and done == wanted:
            return
        with step("Python and the locked packages"):
            if usable and done:
                stop_old(place, done.get("lock") != lock)
                place.stamp.unlink()
            else:  # never made, or killed on the way: a half-written package looks installed, so begin anew
                make_environment(place)
            uv(place, "pip", "sync", "--require-hashes", REQUIREMENTS / f"{package_set}.txt")
            install_project(place)
            if place.user:
                shutil.rmtree(place.datasets, ignore_errors=True)
        place.stamp.write_text(json.dumps(wanted), encoding="utf-8")


def stop_old(place: Place, other_programs: bool) -> None:
    """Stop a portal whose PostgreSQL or Python packages are about to be exchanged under it."""
    if other_programs and (place.home / "state.json").exists():
        subprocess.run([sys.executable, __file__, "launch", "down"], stdout=subprocess.DEVNULL, check=False)


def read_stamp(place: Place) -> dict[str, str]:
    """What an earlier installation wrote when it was complete."""
    try:
        return dict(json.loads(place.stamp.read_text(encoding="utf-8")))
    except (OSError, ValueError):
        return {}


def digest(*paths: Path) -> str:
    """One hash of several files."""
    return hashlib.sha256(b"".join(hashlib.sha256(path.read_bytes()).digest() for path in paths)).hexdigest()


def make_environment(place: Place) -> None:
    """Make the virtual environment with the pinned uv in it."""
    python = choose_python(place)
    if python is None:
        fetch_python(place)
    else:
        new_venv(python, place.venv)
    pip_uv(place.python)


def new_venv(python: str, folder: Path) -> None:
    """Make a virtual environment with pip."""
    result = subprocess.run([python, "-m", "venv", "--clear", str(folder)], capture_output=True, text=True, check=False)
    if result.returncode:
        version = usable_python(Path(python), any_version=True)
        raise RefusalError(
            f"{python} cannot make a virtual environment. On Debian or Ubuntu: apt-get install python{version}-venv."
        )


def pip_uv(python: Path) -> None:
    """Install uv, whose hash is pinned, with pip."""
    options = ["--quiet", "--disable-pip-version-check", "--no-deps", "--only-binary=:all:", "--require-hashes"]
    run([str(python), "-m", "pip", "install", *options, "-r", str(REQUIREMENTS / "uv.txt")])


def fetch_python(place: Place) -> None:
    """No usable Python here: let uv bring a 3.12, where it can be downloaded."""
    found = f"{platform.python_version()} ({sys.executable})"
    advice = (
        f"Python 3.11 or 3.12 is needed{' that all users may execute' if place.user else ''}; found {found} and a "
        "download failed. Install one (Debian 12: apt-get install python3-venv; Ubuntu 24.04: python3.12-venv) or name "
        "it: make up PYTHON=/path."
    )
    tools = place.venv.with_name(place.venv.name + "-tools")
    try:
        new_venv(sys.executable, tools)
        pip_uv(tools / "bin" / "python")
        where = str(place.program / "python")
        uv_program = str(tools / "bin" / "uv")
        run([uv_program, "python", "install", "--quiet", "--install-dir", where, "3.12"])
        chosen = next(Path(where).glob("*3.12*/bin/python3.12"))
        new_venv(str(chosen), place.venv)
    except (RefusalError, StopIteration):
        raise RefusalError(advice) from None
    finally:
        shutil.rmtree(tools, ignore_errors=True)


def choose_python(place: Place) -> str | None:
    """The first Python 3.11 or 3.12 here; for root one that other users may execute too."""
    named = os.environ.get("PYTHON")
    candidates = [named] if named else []
    for name in ("python3.11", "python3.12", "python3", "python"):
        candidates += [found for found in (shutil.which(name), f"/usr/bin/{name}", f"/usr/local/bin/{name}") if found]
    for candidate in candidates:
        found = shutil.which(candidate)
        if found and usable_python(Path(found)) and (not place.user or reachable(Path(found))):
            return found
    return None


def usable_python(python: Path, any_version: bool = False) -> str | None:
    """The version of an interpreter that starts, or None."""
    code = "import sys; print('%d.%d' % sys.version_info[:2])"
    try:
        answer = subprocess.run([str(python), "-c", code], capture_output=True, text=True, check=True).stdout.strip()
    except (OSError, subprocess.CalledProcessError):
        return None
    return answer if any_version or answer in WANTED else None


def install_project(place: Place) -> None:
    """Install this project: editable for its owner, as a wheel where the checkout cannot be reached."""
    build = ["--no-deps", "--build-constraint", REQUIREMENTS / "build.txt"]
    if not place.user:
        uv(place, "pip", "install", *build, "--editable", CHECKOUT)
        return
    with tempfile.TemporaryDirectory() as folder:  # built from a copy: setuptools would leave files in the checkout
        for name in SOURCES:
            source, target = CHECKOUT / name, Path(folder) / name
            if source.is_dir():
                shutil.copytree(source, target, ignore=shutil.ignore_patterns(*NOT_SOURCE))
            else:
                shutil.copy(source, target)
        uv(place, "pip", "install", *build, "--reinstall-package", "ckanext-haugiang", folder)


def uv(place: Place, *arguments: object) -> None:
    """Run uv on the virtual environment; a mirror or certificate that pip was told of serves uv too."""
    environ = {key: value for key, value in os.environ.items() if key not in ("UV_PYTHON", "PYTHONPATH", "PYTHONHOME")}
    environ["VIRTUAL_ENV"] = str(place.venv)
    for ours, pips in (("UV_DEFAULT_INDEX", "PIP_INDEX_URL"), ("SSL_CERT_FILE", "PIP_CERT")):
        if environ.get(pips):
            environ.setdefault(ours, environ[pips])
    head, tail = [str(a) for a in arguments[:2]], [str(a) for a in arguments[2:]]
    options = ["--quiet", "--python", str(place.python)]
    if "sync" in head:
        options += ["--build-constraint", str(REQUIREMENTS / "build.txt")]
    run([str(place.venv / "bin" / "uv"), *head, *options, *tail], environ)


def run(command: list[str], environ: dict[str, str] | None = None) -> None:
    """Run a program; when it fails its words are the reason."""
    result = subprocess.run(command, env=environ, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
    if result.returncode:
        sys.stderr.write(result.stdout)
        raise RefusalError(f"{Path(command[0]).name} failed (see above). If the package index can be reached, run it again.")


def prepare_root(place: Place) -> None:
    """Root: make the unprivileged user and the state folder that it owns."""
    try:
        entry = pwd.getpwnam(USER)
    except KeyError:
        command = [
            "useradd",
            "--system",
            "--user-group",
            "--home-dir",
            f"/var/lib/{USER}",
            "--no-create-home",
            "--shell",
            "/usr/sbin/nologin",
            USER,
        ]
        if not shutil.which("useradd"):
            raise RefusalError(
                f"PostgreSQL refuses to run as root and there is no useradd: add a system user {USER}, "
                "or run make as an ordinary user."
            ) from None
        run(command)
        entry = pwd.getpwnam(USER)
    if not place.home.exists():
        place.home.mkdir(mode=0o700, parents=True)
        os.chown(place.home, entry.pw_uid, entry.pw_gid)
    if not reachable(place.home.parent) or place.home.stat().st_uid != entry.pw_uid:
        raise RefusalError(
            f"The user {USER} must own {place.home} and reach it: choose another HAUGIANG_HOME, as in /var/lib/portal."
        )


def reachable(path: Path) -> bool:
    """Whether every user may enter the folders on the way to a path (links resolved) and read it."""
    real = Path(os.path.realpath(path))
    return real.stat().st_mode & 0o005 == 0o005 and all(parent.stat().st_mode & 0o001 for parent in real.parents)


def launch(place: Place, rest: list[str], code: str) -> NoReturn:
    """Hand over to the launcher in the virtual environment; as root, as the unprivileged user from here on."""
    environ = {key: value for key, value in os.environ.items() if not key.startswith(("PYTHON", "LD_", "CKAN_"))}
    environ.update(PYTHONUTF8="1", HAUGIANG_HOME=str(place.home))
    command = [str(place.python), "-P", "-m", "ckanext.haugiang.launch", "--code", code]
    command += ["--datasets", str(place.datasets), "--began", str(BEGAN)]
    if "--from" in rest:  # opened by the caller, who may read what the other user may not
        at = rest.index("--from") + 1
        try:
            number = os.open(rest[at], os.O_RDONLY)
        except (OSError, IndexError):
            raise RefusalError("Name a backup that can be read: make restore FROM=/path/to/backup.tar.") from None
        os.set_inheritable(number, True)
        rest = [*rest[:at], str(number), *rest[at + 1 :]]
    if place.user:
        copy_datasets(place)
        become(place, environ)
    os.execve(command[0], [*command, *rest], environ)


def copy_datasets(place: Place) -> None:
    """The demonstration data, where the unprivileged user can read it."""
    if (CHECKOUT / "datasets").is_dir():
        fresh = place.datasets.with_name("datasets.new")
        shutil.rmtree(fresh, ignore_errors=True)
        shutil.copytree(CHECKOUT / "datasets", fresh)
        shutil.rmtree(place.datasets, ignore_errors=True)
        fresh.rename(place.datasets)


def become(place: Place, environ: dict[str, str]) -> None:
    """Give up root's rights for good."""
    entry = pwd.getpwnam(USER)
    for name in ("TMPDIR", "XDG_RUNTIME_DIR", "XDG_CACHE_HOME", "XDG_CONFIG_HOME", "SUDO_USER", "MAIL", "OLDPWD"):
        environ.pop(name, None)
    environ.update(HOME=str(place.home), USER=USER, LOGNAME=USER, PYTHONPYCACHEPREFIX=str(place.home / "cache" / "python"))
    os.setgroups([])
    os.setgid(entry.pw_gid)
    os.setuid(entry.pw_uid)
    os.chdir(place.home)


@contextlib.contextmanager
def locked(path: Path) -> Iterator[None]:
    """Let one installation run at a time."""
    with path.open("w") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield


@contextlib.contextmanager
def step(name: str) -> Iterator[None]:
    """Say what is being done and how long it took."""
    start = time.monotonic()
    sys.stdout.write(f"  {name:<44}")
    sys.stdout.flush()
    try:
        yield
    except BaseException:
        sys.stdout.write("failed\n")
        sys.stdout.flush()
        raise
    sys.stdout.write(f"{time.monotonic() - start:6.1f} s\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
