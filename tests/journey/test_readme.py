"""What the README and the reference promise works on a running portal."""

from __future__ import annotations

import contextlib
import io
import re
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from portal import ROOT, TestPortal, the_portal

README = (ROOT / "README.md").read_text(encoding="utf-8")
ACTIONS = re.findall(r"^## (\w+)$", (ROOT / "docs" / "reference" / "api.md").read_text(encoding="utf-8"), re.MULTILINE)


@pytest.fixture(scope="module")
def running() -> Iterator[TestPortal]:
    """A portal with the demonstration data."""
    with the_portal() as found:
        yield found


def test_the_api_example_runs_as_it_stands(running):
    """It finds the rice tables by “lua” and prints typed rows."""
    example = re.search(r"^```python\n(.*?)^```", README, re.MULTILINE | re.DOTALL)[1]
    names: dict[str, object] = {}
    with contextlib.redirect_stdout(io.StringIO()) as printed:
        exec(compile(example.replace("http://localhost:5000", running.url), "README.md", "exec"), names)
    assert len(printed.getvalue().splitlines()) == len(names["tables"]) >= 1
    row = names["rows"]["records"][0]
    assert any(isinstance(value, int | float) and name != "_id" for name, value in row.items())


@pytest.mark.parametrize("action", ACTIONS)
def test_every_documented_action_exists(running, action):
    """The API reference names nothing that the portal does not have."""
    assert running.get(f"/api/3/action/help_show?name={action}")[0] == 200


@pytest.mark.parametrize("address", ["/health", "/schema", "/dataset", "/about", "/en/", "/en/schema", "/en/dataset"])
def test_addresses_of_the_documentation_answer(running, address):
    """Vietnamese has no prefix, English is /en."""
    assert running.get(address)[0] == 200
