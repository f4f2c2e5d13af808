"""Runs the layers of the test suite one after the other and adds them up: `make test`, `make test LAYERS=core`.

core     pure tests, no service
contract our reports beside frictionless's own, twenty thousand of them
ckan     CKAN with a PostgreSQL and a Redis of their own, CKAN's own search tests among them
journey  a browser on a portal that `make up` started
launch   `make up` and its sisters, which stop and kill that portal
"""

from __future__ import annotations

import contextlib
import os
import shlex
import shutil
import subprocess
import sys
import tempfile
import time
import xml.etree.ElementTree as ET
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from portal import HANDED_OVER, hand_over, programs_of_root, the_portal

STACK = contextlib.ExitStack()
ROOT = Path(__file__).resolve().parents[1]
CKAN = ROOT / "tests" / "ckan"
SERVICES = [sys.executable, "-m", "ckanext.haugiang.launch", "services", "--"]
PYTEST = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider"]
LONG = "tests/contract/test_frictionless.py"
RUNS = ["pipeline", "faults"]


def main() -> None:
    """Run the layers that are named, or all."""
    layers = sys.argv[1:] or ["core", "contract", "ckan", "journey", "launch"]
    if unknown := [name for name in layers if name not in LAYERS]:
        sys.exit(f"{unknown[0]} is not a layer: choose from {', '.join(LAYERS)}.")
    passed = failed = skipped = 0
    lines = []
    if (programs := programs_of_root()) and not programs.exists():
        STACK.callback(shutil.rmtree, programs, ignore_errors=True)
    with STACK, tempfile.TemporaryDirectory(prefix="haugiang-results-") as results:
        for name in layers:
            print(f"\n=== {name} {'=' * (74 - len(name))}", flush=True)
            began = time.monotonic()
            counts = LAYERS[name](Path(results))
            lines.append(f"{name:<9}{counts[0]:>6} passed {counts[1]:>4} failed {time.monotonic() - began:7.0f} s")
            passed, failed, skipped = (a + b for a, b in zip((passed, failed, skipped), counts, strict=True))
    print("\n" + "\n".join(lines))
    print(f"\n{passed} passed, {failed} failed" + (f", {skipped} skipped" if skipped else ""), flush=True)
    sys.exit(1 if failed or not passed else 0)


def pytest(
    results: Path, name: str, *arguments: str, folder: Path = ROOT, before: list[str] | None = None
) -> tuple[int, int, int]:
    """Run pytest once and count; a run that ends without a result counts as one failure."""
    report = results / f"{name}.xml"
    environ = {key: value for key, value in os.environ.items() if not key.startswith(("CKAN_", "HAUGIANG_"))}
    with (results / f"{name}.log").open("w+b") as log:  # parts run side by side: each is shown whole, when it ends
        print(f"--- {name} begins", flush=True)
        command = [*(before or []), *PYTEST, f"--junitxml={report}", *arguments]
        code = subprocess.run(command, cwd=folder, env=environ, check=False, stdout=log, stderr=log).returncode
        log.seek(0)
        print(f"--- {name} ended\n{log.read().decode(errors='replace')}", flush=True)
    if code == 5:  # nothing there yet
        return 0, 0, 0
    if code not in (0, 1) or not report.exists():
        print(f"{name}: pytest ended with status {code}", flush=True)
        return 0, 1, 0
    suite = next(ET.parse(report).getroot().iter("testsuite"))
    total, skipped = int(suite.get("tests", 0)), int(suite.get("skipped", 0))
    failed = int(suite.get("failures", 0)) + int(suite.get("errors", 0))
    return total - failed - skipped, failed or code, skipped


def core(results: Path) -> tuple[int, int, int]:
    """The pure tests."""
    return together(
        lambda: pytest(results, "core", "tests/core"),
        lambda: pytest(results, "cases", "tests/cases", "tests/contract", f"--ignore={LONG}"),
    )


def contract(results: Path) -> tuple[int, int, int]:
    """Our reports beside frictionless's own, in two halves."""
    return together(
        lambda: pytest(results, "contract-1", f"{LONG}::test_the_report_is_frictionlesss_own[0]"),
        lambda: pytest(results, "contract-2", f"{LONG}::test_the_report_is_frictionlesss_own[1]"),
    )


def ckan(results: Path) -> tuple[int, int, int]:
    """Our tests inside CKAN, and CKAN's own tests of its search on our search; each part has services of its own."""
    own = ["-c", "ckan_own_tests.ini", "--pyargs", "ckan.tests.lib.search", "ckan.tests.logic.action.test_get"]
    others = sorted(f.name for f in CKAN.iterdir() if any(f.glob("test_*.py")) and f.name not in RUNS)
    return together(
        lambda: pytest(results, "ckan-runs", *RUNS, folder=CKAN, before=SERVICES),
        lambda: pytest(results, "ckan", *others, folder=CKAN, before=SERVICES),
        lambda: pytest(results, "ckan-own", *own, folder=CKAN / "search", before=SERVICES),
    )


def together(*parts: Callable[[], tuple[int, int, int]]) -> tuple[int, int, int]:
    """Run parts of a layer side by side, two at a time: most of a test's time is spent waiting for services."""
    with ThreadPoolExecutor(max_workers=2) as pool:
        counts = [part.result() for part in [pool.submit(part) for part in parts]]
    passed, failed, skipped = map(sum, zip(*counts, strict=True))
    return passed, failed, skipped


def launch(results: Path) -> tuple[int, int, int]:
    """The one-command start; its faults last, they stop the portal."""
    with handed_over():
        return pytest(results, "launch", "tests/launch")


def journey(results: Path) -> tuple[int, int, int]:
    """A person in front of a browser."""
    if not chromium():
        print("The journey needs a browser: on Debian, as root, apt-get install chromium.", flush=True)
        return 0, 1, 0
    if not any((ROOT / "tests" / "journey").rglob("test_*.py")):
        return 0, 0, 0
    with handed_over():
        return pytest(results, "journey", "tests/journey")


def chromium() -> bool:
    """Whether there is a Chromium; root gets Debian's."""
    names = ("chromium", "chromium-browser", "google-chrome")
    if not any(map(shutil.which, names)) and os.geteuid() == 0 and shutil.which("apt-get"):
        environ = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
        for command in ("update -qq", "install -y -qq --no-install-recommends chromium"):
            subprocess.run(["apt-get", *command.split()], stdout=subprocess.DEVNULL, env=environ, check=False)
    return any(map(shutil.which, names))


def bench(results: Path) -> tuple[int, int, int]:
    """Measurements; not part of the suite: the start, the search, the engine."""
    start = [sys.executable, str(ROOT / "tests" / "bench" / "start.py")]
    search = f'{shlex.quote(sys.executable)} tests/bench/search.py "$CKAN_SQLALCHEMY_URL" 1000 10000'
    codes = [
        subprocess.run(command, cwd=ROOT, check=False).returncode for command in (start, [*SERVICES, "sh", "-c", search])
    ]
    passed, failed, skipped = pytest(results, "bench", "-s", "tests/bench")
    return passed + codes.count(0), failed + sum(map(bool, codes)), skipped


@contextlib.contextmanager
def handed_over() -> Iterator[None]:
    """A portal for all layers that need one; it is stopped after the last layer."""
    if HANDED_OVER not in os.environ:
        portal = STACK.enter_context(the_portal())
        os.environ.update(hand_over(portal))
    yield


LAYERS = {"core": core, "contract": contract, "ckan": ckan, "launch": launch, "journey": journey, "bench": bench}

if __name__ == "__main__":
    main()
