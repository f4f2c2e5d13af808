"""A portal of its own for the tests: `make up` in a folder whose name has spaces and Vietnamese letters, under LANG=C.

`tests/run.py` starts one for the layers launch and journey; a test that runs alone starts its own. A browser or an API
client finds what it needs in the attributes: `url`, `password(name)`, `token(name)` for the names admin and steward.
"""

from __future__ import annotations

import contextlib
import importlib.util
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
BOOTSTRAP = ROOT / "ckanext-haugiang" / "ckanext" / "haugiang" / "launch" / "bootstrap.py"
AS_ROOT = os.geteuid() == 0
HANDED_OVER = "PORTAL_FOR_TESTS"


class TestPortal:
    """One installation in a folder."""

    __test__ = False

    def __init__(self, folder: Path, **settings: str) -> None:
        """Nothing starts yet; settings are HAUGIANG_ variables without their prefix."""
        self.folder, self.home = folder, folder / "Cổng dữ liệu mở"
        self.settings = {"PORT": str(free_port()), **settings}

    @property
    def url(self) -> str:
        """Its address."""
        return f"http://localhost:{self.settings['PORT']}"

    @property
    def environ(self) -> dict[str, str]:
        """A poor environment, as of a cron job: no UTF-8 locale, none of this process's own variables."""
        kept = ("PATH", "HOME", "USER", "UV_CACHE_DIR", "PIP_CERT", "SSL_CERT_FILE", "PYTHON")
        environ = {name: os.environ[name] for name in kept if name in os.environ}
        ours = {f"HAUGIANG_{name}": value for name, value in self.settings.items()}
        return environ | ours | {"LANG": "C", "LC_ALL": "C", "HAUGIANG_HOME": str(self.home)}

    def command(self, *words: str) -> list[str]:
        """The command behind `make WORDS`."""
        return [sys.executable, str(BOOTSTRAP), "launch", *words]

    def make(self, *words: str, timeout: float = 400) -> subprocess.CompletedProcess[str]:
        """Run one command to its end."""
        return subprocess.run(
            self.command(*words), env=self.environ, cwd=ROOT, capture_output=True, encoding="utf-8", timeout=timeout,
            stdin=subprocess.DEVNULL, check=False,
        )  # fmt: skip

    def begin(self, *words: str) -> subprocess.Popen[str]:
        """Start one command in a process group of its own."""
        return subprocess.Popen(
            self.command(*words), env=self.environ, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
            encoding="utf-8", stdin=subprocess.DEVNULL, start_new_session=True,
        )  # fmt: skip

    def up(self) -> str:
        """Bring it up."""
        result = self.make("up")
        assert result.returncode == 0, result.stdout + result.stderr + self.logs()
        return result.stdout

    def logs(self) -> str:
        """The last words of every process, for a failed test."""
        texts = []
        for path in sorted((self.home / "logs").glob("*.log")) if self.home.exists() else []:
            texts.append(f"--- {path.name}\n" + "\n".join(path.read_text("utf-8", "replace").splitlines()[-15:]))
        return "\n".join(texts)

    def state(self) -> dict[str, Any]:
        """What the supervisor says."""
        return dict(json.loads((self.home / "state.json").read_text("utf-8")))

    def pid(self, name: str) -> int | None:
        """The process number of a program."""
        found: int | None = self.state()["programs"][name]["pid"]
        return found

    def password(self, name: str) -> str:
        """The password of admin or steward."""
        lines = (self.home / "accounts").read_text("utf-8").splitlines()
        return next(line.split()[1] for line in lines if line.split()[:1] == [name])

    def token(self, name: str) -> str:
        """The API token of admin or steward."""
        return str(json.loads((self.home / "tokens.json").read_text("utf-8"))[name])

    def get(self, path: str, timeout: float = 30) -> tuple[int, bytes]:
        """Status and body of a page."""
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        try:
            with opener.open(self.url + path, timeout=timeout) as answer:
                return answer.status, answer.read()
        except urllib.error.HTTPError as error:
            return error.code, error.read()
        except OSError:
            return 0, b""

    def action(self, name: str, as_user: str | None = None, /, **data: Any) -> Any:
        """Call an action of the API and give its result."""
        headers = {"Content-Type": "application/json"} | ({"Authorization": self.token(as_user)} if as_user else {})
        request = urllib.request.Request(f"{self.url}/api/3/action/{name}", json.dumps(data).encode(), headers)
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        with opener.open(request, timeout=60) as answer:
            return json.load(answer)["result"]

    def remove(self) -> None:
        """Stop it and delete its state."""
        if self.home.exists():
            self.make("down", timeout=150)
            with contextlib.suppress(OSError):
                shutil.rmtree((self.home / "sockets").read_text("utf-8"), ignore_errors=True)
        shutil.rmtree(self.folder, ignore_errors=True)


def programs_of_root() -> Path | None:
    """Where root's portals of this checkout have their programs; an ordinary user's are in the checkout."""
    spec = importlib.util.spec_from_file_location("bootstrap", BOOTSTRAP)
    assert spec
    assert spec.loader
    bootstrap = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(bootstrap)
    program: Path = bootstrap.Place(False, "portal").program
    return program if AS_ROOT else None


def free_port() -> int:
    """A port that nobody uses now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@contextlib.contextmanager
def another(**settings: str) -> Iterator[TestPortal]:
    """A portal without data; it is removed afterwards, whatever happened."""
    folder = Path(tempfile.mkdtemp(prefix="haugiang-portal-", dir="/var/tmp"))
    folder.chmod(0o755)  # root's portal is run by another user
    portal = TestPortal(folder, **{"DATASETS": "none", **settings})
    try:
        yield portal
    finally:
        portal.remove()


@contextlib.contextmanager
def the_portal() -> Iterator[TestPortal]:
    """The portal with the demonstration data that run.py started, or a new one."""
    if given := os.environ.get(HANDED_OVER):
        known = json.loads(given)
        yield TestPortal(Path(known["folder"]), **known["settings"])
        return
    with another() as portal:
        del portal.settings["DATASETS"]
        portal.up()
        yield portal


def hand_over(portal: TestPortal) -> dict[str, str]:
    """The environment in which a child finds this portal."""
    return {HANDED_OVER: json.dumps({"folder": str(portal.folder), "settings": portal.settings})}


def interrupt(process: subprocess.Popen[str]) -> tuple[int, str]:
    """What Ctrl-C does to a command: give its status and its words."""
    os.killpg(process.pid, signal.SIGINT)
    output, _ = process.communicate(timeout=120)
    return process.returncode, output
