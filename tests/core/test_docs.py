"""The documentation is true: links lead somewhere, commands and settings exist, generated pages are current."""

from __future__ import annotations

import re
import runpy
from pathlib import Path

import pytest
import yaml

from ckanext.haugiang.core.errors import REASONS
from ckanext.haugiang.launch.settings import VARIABLES

ROOT = Path(__file__).resolve().parents[2]
CODE = ROOT / "ckanext-haugiang" / "ckanext" / "haugiang"
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])
TEXTS = {str(path.relative_to(ROOT)): path.read_text(encoding="utf-8") for path in PAGES}
GENERATE = runpy.run_path(str(ROOT / "docs" / "generate.py"), run_name="generate")
LINK = re.compile(r"\]\(([^)\s]+)\)")
CODE_BLOCK = re.compile(r"^```(\w*)\n(.*?)^```", re.MULTILINE | re.DOTALL)


def anchors(text: str) -> set[str]:
    """The anchors that GitHub and GitLab give to headings."""
    titles = re.findall(r"^#+ (.+)$", CODE_BLOCK.sub("", text), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles}


def commands(text: str) -> str:
    """What a page shows as something to type: code blocks and code spans."""
    blocks = [body for _, body in CODE_BLOCK.findall(text)]
    return "\n".join([*blocks, *re.findall(r"`([^`\n]+)`", CODE_BLOCK.sub("", text))])


@pytest.mark.parametrize("name", list(TEXTS))
def test_links_resolve(name):
    """A relative link names a file that is there, and its heading."""
    wrong = []
    for target in LINK.findall(CODE_BLOCK.sub("", TEXTS[name])):
        if re.match(r"[a-z]+:", target):
            continue
        file, _, anchor = target.partition("#")
        path = (ROOT / name).parent / file if file else ROOT / name
        if not path.exists() or (anchor and anchor not in anchors(path.read_text(encoding="utf-8"))):
            wrong.append(target)
    assert wrong == []


def test_pages_stay_short():
    """500 lines are the end of a page."""
    assert [name for name, text in TEXTS.items() if text.count("\n") > 500] == []


def test_make_targets_exist():
    """Every `make …` that a page shows is a target of the Makefile."""
    targets = set(re.findall(r"^([\w.-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    shown = {
        (name, target) for name, text in TEXTS.items() for target in re.findall(r"\bmake ([a-z][\w-]*)", commands(text))
    }
    assert {each for each in shown if each[1] not in targets} == set()


def test_variables_exist():
    """Every HAUGIANG_ variable that a page names is one that the start reads."""
    shown = {(name, variable) for name, text in TEXTS.items() for variable in re.findall(r"\bHAUGIANG_[A-Z_]*[A-Z]", text)}
    assert {each for each in shown if each[1] not in VARIABLES} == set()


def test_commands_exist():
    """Every `haugiang …` and `ckan haugiang …` that a page shows is in the list of commands."""
    known = set(re.findall(r"^## (?:ckan )?haugiang (\w+)", TEXTS["docs/reference/commands.md"], re.MULTILINE))
    shown = {
        (name, command)
        for name, text in TEXTS.items()
        for command in re.findall(r"(?:\bckan(?: -c \S+)?|/bin/|^)[ ]?haugiang ([a-z][\w-]*)", commands(text))
    }
    assert {each for each in shown if each[1] not in known} == set()


def test_settings_are_described():
    """A setting without a description helps nobody."""
    declaration = yaml.safe_load((CODE / "config_declaration.yaml").read_text(encoding="utf-8"))
    options = [option for group in declaration["groups"] for option in group["options"]]
    assert [option["key"] for option in options if not option.get("description", "").strip()] == []


def test_every_error_code_is_listed():
    """Stewards quote codes; the page explains each."""
    assert [code for code in REASONS if f"| `{code}` |" not in TEXTS["docs/reference/errors.md"]] == []


@pytest.mark.parametrize("name", list(GENERATE["PAGES"]))
def test_generated_pages_are_current(name):
    """`make docs` was run after the last change of the code."""
    assert TEXTS[f"docs/reference/{name}"] == GENERATE["page"](name)


def test_both_readmes_show_the_same_commands():
    """The Vietnamese README is no second-class one."""
    english, vietnamese = ([body for _, body in CODE_BLOCK.findall(TEXTS[name])] for name in ("README.md", "README.vi.md"))
    assert english == vietnamese


def test_places_named_in_the_architecture_exist():
    """A folder or file that ARCHITECTURE.md names is where it says."""
    places = re.findall(r"`([\w./-]+(?:/|\.py|\.yaml|\.md))`", TEXTS["ARCHITECTURE.md"])
    assert [place for place in places if not any((base / place).exists() for base in (ROOT, CODE))] == []
