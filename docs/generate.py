"""Write docs/reference/ from the code: ``python docs/generate.py`` (or ``make docs``).

What a program reads is never written twice: the pages below come from the sentences of core/errors.py, from
config_declaration.yaml, from the docstrings of the actions and commands, and from the table schemas. A test runs this
module and compares, so a page that is behind fails.
"""

from __future__ import annotations

import ast
import json
import re
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import click
import yaml
from babel.messages.pofile import read_po

from ckanext.haugiang.command import main as haugiang
from ckanext.haugiang.core.errors import REASONS
from ckanext.haugiang.core.schema.keys import FIELD_KEYS, SCHEMA_KEYS
from ckanext.haugiang.core.schema.rules import CHECKS, COMMON, FUNCTIONS, SEVERITIES
from ckanext.haugiang.launch.settings import VARIABLES

ROOT = Path(__file__).resolve().parents[1]
OURS = ROOT / "ckanext-haugiang" / "ckanext" / "haugiang"
REFERENCE = ROOT / "docs" / "reference"
NOTE = "<!-- Written by docs/generate.py (`make docs`) from {source}. Edit that, not this page. -->"
SECTIONS = {"Args": "Parameters", "Returns": "Result", "Raises": "Errors", "Errors": "Errors"}


def cell(text: object) -> str:
    """Text that stays in one cell of a Markdown table."""
    return " ".join(str(text).split()).replace("|", "\\|")


def table(head: tuple[str, ...], rows: list[tuple[object, ...]]) -> list[str]:
    """A Markdown table."""
    return [
        f"| {' | '.join(head)} |",
        f"|{'---|' * len(head)}",
        *(f"| {' | '.join(cell(value) for value in row)} |" for row in rows),
    ]


def functions(path: Path) -> Iterator[ast.FunctionDef]:
    """The public functions at the top of a module."""
    for node in ast.parse(path.read_text(encoding="utf-8")).body:
        if isinstance(node, ast.FunctionDef) and not node.name.startswith("_"):
            yield node


def docstring(text: str) -> list[str]:
    """A google docstring as Markdown: its sections become bold words, their entries list items."""
    lines: list[str] = []
    section = ""
    for line in text.splitlines():
        title = SECTIONS.get(line.strip().removesuffix(":")) if line.strip().endswith(":") else None
        entry = re.match(r"^ {4}(\*{0,2}\w+)(?: \(.*?\))?: (.*)$", line)
        if title and not line.startswith(" "):
            section = title
            lines += ["", f"**{title}**", ""]
        elif section and entry:
            lines.append(f"- `{entry[1]}`: {entry[2]}")
        elif section and line.strip():
            follows = bool(lines) and lines[-1].startswith(("- ", "  "))
            lines.append(f"  {line.strip()}" if follows else line.strip())
        else:
            lines.append(line)
    text = re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).replace("``", "`")
    return text.split("\n")


def errors() -> list[str]:
    """Every code with its sentence in both languages."""
    with (OURS / "i18n" / "vi" / "LC_MESSAGES" / "ckanext-haugiang.po").open("rb") as file:
        catalogue = read_po(file, locale="vi")
    rows: list[tuple[object, ...]] = []
    for code, sentence in REASONS.items():
        message = catalogue.get(sentence)
        rows.append((f"`{code}`", sentence, message.string if message else ""))
    return [
        "# Error codes",
        "",
        "A check that ends without a verdict says why with one of these codes (`error.code` of `haugiang_run_show`)",
        "and a sentence in the reader's language. Codes never change. What stands in `{}` is filled in.",
        "",
        *table(("code", "English", "Tiếng Việt"), rows),
    ]


def settings() -> list[str]:
    """The variables of the start and every CKAN setting of the portal."""
    declaration = yaml.safe_load((OURS / "config_declaration.yaml").read_text(encoding="utf-8"))
    lines = [
        "# Settings",
        "",
        "## The start",
        "",
        "Environment variables, or lines `NAME=value` in the file `settings` of the state folder (`.portal/`).",
        "`make up` reads them; a variable that is not in this table is refused. Settings of CKAN, and those further down on",
        "this page, stand in the same file (`ckanext.haugiang.attempts = 7`); `ckan.ini` is written anew at each start.",
        "",
        *table(("variable", "meaning"), [(f"`{name}`", meaning) for name, meaning in VARIABLES.items()]),
    ]
    for group in declaration["groups"]:
        rows: list[tuple[object, ...]] = []
        for option in group["options"]:
            default = option.get("default", option.get("default_callable", ""))
            shown = f"`{json.dumps(default, ensure_ascii=False)}`" if default != "" else ""
            rows.append((f"`{option['key']}`", shown, option["description"]))
        lines += ["", f"## {group.get('annotation', 'Portal').strip()}", ""]
        lines += [*table(("setting", "default", "meaning"), rows)]
    return lines


def keys() -> list[str]:
    """Every key that a table schema may hold."""
    lines = [
        "# Keys of a table schema",
        "",
        "A table schema is a [Table Schema](https://datapackage.org/standard/table-schema/) document with keys of the",
        "portal's own, which begin with `x-`. A key that is not in these tables is refused.",
    ]
    for title, known in (("On the document", SCHEMA_KEYS), ("On a field", FIELD_KEYS)):
        rows = [(f"`{key.name}`", key.kind, "yes" if key.required else "", key.meaning) for key in known.values()]
        lines += ["", f"## {title}", "", *table(("key", "type", "required", "meaning"), list[tuple[object, ...]](rows))]
    return [*lines, *rules()]


def rules() -> list[str]:
    """Every check that a rule of a schema may name."""
    functions = ", ".join(f"`{name}` ({meaning})" for name, meaning in FUNCTIONS.items())
    lines = [
        "",
        "## Rules",
        "",
        f"An entry of `x-rules` has {', '.join(f'`{key}`' for key in COMMON[:-1])} and the parameters of its check.",
        f"`severity` is one of {', '.join(SEVERITIES)}. With `when` (field → list of values) it speaks about some rows",
        "only. A formula compares: `+ - * /`, `== != < <= > >=`, `and or not`, field names, numbers, " + functions + ";",
        "the difference of two dates counts days.",
        "",
    ]
    rows = [
        (
            f"`{name}`",
            check.meaning,
            "; ".join(f"`{key}` {kind}" for key, kind in check.required.items()),
            "; ".join(f"`{key}` {kind}" for key, kind in check.optional.items()),
        )
        for name, check in CHECKS.items()
    ]
    return lines + table(("check", "what must hold", "parameters", "optional"), list[tuple[object, ...]](rows))


def api() -> list[str]:
    """Every action, with its parameters, result and errors, from its docstring."""
    lines = [
        "# API",
        "",
        "All of [CKAN's API](https://docs.ckan.org/en/2.11/api/) works. These actions are the portal's own; call them",
        "as `/api/3/action/NAME`, reading ones with GET (no account needed unless said), writing ones with POST and an",
        "`Authorization` header. A failed call answers `success: false` and an `error` object, as CKAN's do.",
    ]
    for path in sorted([*OURS.glob("logic/action.py"), *OURS.glob("logic/action/*.py")]):
        for function in functions(path):
            exported = re.search(rf'"{function.name}"', path.read_text(encoding="utf-8"))
            text = ast.get_docstring(function)
            if exported and text:
                lines += ["", f"## {function.name}", "", *docstring(text)]
    return lines


def commands() -> list[str]:
    """The commands for one file, and every `ckan haugiang …`."""
    lines = [
        "# Commands",
        "",
        "`make` alone lists what to do with the whole portal. Two more command lines come with it.",
        "",
        "`.venv/bin/haugiang` works on files, without a portal:",
    ]
    for name, command in haugiang.commands.items():
        members = command.commands.items() if isinstance(command, click.Group) else [("", command)]
        for member, each in members:
            title = f"haugiang {name} {member}".strip()
            context = click.Context(each, info_name=title, terminal_width=110, help_option_names=["-h", "--help"])
            lines += ["", f"## {title}", "", "```text", each.get_help(context), "```"]
    lines += ["", "`ckan -c .portal/ckan.ini haugiang …` works on the portal, in its environment:"]
    for path in sorted([*OURS.glob("cli.py"), *OURS.glob("cli/*.py")]):
        for function in functions(path):
            decorators = [ast.unparse(each) for each in function.decorator_list]
            text = ast.get_docstring(function)
            if text and any(".command" in each for each in decorators):
                name = next((found[1] for each in decorators if (found := re.search(r"command\('([\w-]+)'", each))), "")
                lines += ["", f"## ckan haugiang {name or function.name.replace('_', '-')}", "", *docstring(text)]
    return lines


def schemas() -> list[str]:
    """Every table schema with its columns."""
    lines = [
        "# Table schemas",
        "",
        "A resource names one as `name@version`. The portal shows each with all its rules at `/schema/NAME/VERSION`.",
    ]
    for path in sorted((ROOT / "schemas" / "table").rglob("*.json")):
        document: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        lines += [
            "",
            f"## {path.parent.name}@{path.stem}",
            "",
            cell(f"{document.get('title', '')}. {document.get('x-title-en', '')}"),
            "",
        ]
        rows: list[tuple[object, ...]] = [
            (
                f"`{field['name']}`",
                field.get("type", "string"),
                field.get("title", ""),
                field.get("x-title-en", ""),
                field.get("x-unit") or "",
                "yes" if field.get("constraints", {}).get("required") else "",
            )
            for field in document["fields"]
        ]
        lines += table(("field", "type", "tên", "title", "unit", "required"), rows)
    return lines


PAGES: dict[str, tuple[str, Callable[[], list[str]]]] = {
    "errors.md": ("core/errors.py", errors),
    "settings.md": ("launch/settings.py and config_declaration.yaml", settings),
    "api.md": ("the actions' docstrings", api),
    "commands.md": ("command.py and cli.py", commands),
    "schemas.md": ("schemas/table/", schemas),
    "schema-keys.md": ("core/schema/keys.py", keys),
}


def page(name: str) -> str:
    """The text of one page."""
    source, build = PAGES[name]
    first, *rest = build()
    return "\n".join([first, "", NOTE.format(source=source), *rest]).rstrip() + "\n"


def main() -> None:
    """Write every page and say which changed."""
    for name in PAGES:
        path, text = REFERENCE / name, page(name)
        if not path.exists() or path.read_text(encoding="utf-8") != text:
            path.write_text(text, encoding="utf-8")
            sys.stdout.write(f"docs/reference/{name} written\n")


if __name__ == "__main__":
    main()
