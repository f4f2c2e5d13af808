"""Writes the locked, hashed sets of packages from setup.py: `make requirements`."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
UV = shutil.which("uv") or "uv"
COMMON = [
    "pip",
    "compile",
    "--quiet",
    "--universal",
    "--python-version",
    "3.11",
    "--generate-hashes",
    "--no-emit-index-url",
]


def lock(target: str, *arguments: str) -> None:
    """Lock one set."""
    command = [UV, *COMMON, *arguments, "--output-file", f"requirements/{target}"]
    subprocess.run([*command, "--custom-compile-command", "make requirements"], cwd=ROOT, check=True)


def main() -> None:
    """Lock the portal's set, the tests' on top of it, the measurements' on top of that, then the set of the next CKAN."""
    lock("portal.txt", "--extra", "services", "setup.py")
    extras = ["--extra", "services", "--extra", "dask", "setup.py"]
    lock("test.txt", *extras, "requirements/test.in", "-c", "requirements/portal.txt")
    lock("bench.txt", *extras, "requirements/test.in", "requirements/bench.in", "-c", "requirements/test.txt")
    for source in sorted((ROOT / "requirements").glob("ckan-*.in")):
        lock(f"{source.stem}.txt", f"requirements/{source.name}")


if __name__ == "__main__":
    main()
