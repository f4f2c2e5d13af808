"""The house stands as ARCHITECTURE.md draws it: who imports whom, how long a file may be, what is exported."""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
CODE = ROOT / "ckanext-haugiang" / "ckanext" / "haugiang"
PACKAGE = "ckanext.haugiang"
PYTHON = sorted(CODE.rglob("*.py"))
ENGINE = {"numpy", "pandas", "pyarrow", "frictionless", "yaml", "re2", "python_calamine", "openpyxl", "vl_convert"}
IMPURE = {"subprocess", "socket", "http", "urllib.request", "sqlite3", "logging.config"}
CLOCK_AND_ENVIRONMENT = re.compile(
    r"\b(os\.environ|os\.getenv|os\.putenv|time\.time|time\.monotonic|time\.sleep|datetime\.now|datetime\.utcnow|date\.today)\b"
)
# Inside core a package may import what stands after it: publish → validate, tidy, profile → read → schema.
RANK = {"publish": 3, "validate": 2, "tidy": 2, "profile": 2, "read": 1, "schema": 0}
# By package: our own packages that it must never import, and foreign ones.
NEVER = {
    "adapters": ({"logic", "views", "cli", "helpers", "plugin", "launch", "command"}, set()),
    "model": ({"adapters", "logic", "views", "cli", "helpers", "plugin", "launch", "command"}, set()),
    "config": ({"adapters", "model", "logic", "views", "cli", "helpers", "plugin", "launch"}, {"sqlalchemy"}),
    "logic": ({"views", "cli", "helpers", "plugin", "launch", "command"}, set()),
    **dict.fromkeys(
        ("views", "cli", "helpers"),
        ({"adapters", "model", "logic", "plugin", "launch", "command"}, {"sqlalchemy", "ckan.model", "psycopg2"}),
    ),
}
# What launch runs inside CKAN's processes: the WSGI application, the answer of /health, the steps of the first start.
NEVER |= dict.fromkeys(
    ("wsgi", "web_worker", "web_sockets", "compression", "health", "setup_site"),
    ({"core", "adapters", "logic", "views", "cli", "helpers", "plugin"}, set()),
)
# What a person runs to see whether files, tables and search still fit each other.
NEVER["check_site"] = ({"core", "logic", "views", "cli", "helpers", "plugin"}, set())
ELSEWHERE = {"core", "launch", "command", "plugin", "migration", "__init__"}  # their own tests below, or no limit
LONGEST_FILE, LONGEST_FUNCTION = 400, 60
MACHINE_PATHS = re.compile("/" + r"(?:work/(?:main|shared)|var/tmp/(?:dev|uv)|tmp/x/|home/[a-z]+/\.)")


def part_of(path: Path) -> tuple[str, ...]:
    """The place of a module in our package: ("core", "read", "csv")."""
    return path.relative_to(CODE).with_suffix("").parts


def imports(path: Path) -> Iterator[str]:
    """Full names of everything that a module imports, at its top or inside a function."""
    here = PACKAGE.split(".") + list(part_of(path))
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = ".".join(here[: len(here) - node.level]) if node.level else ""
            module = ".".join(filter(None, (base, node.module)))
            yield from (f"{module}.{alias.name}" for alias in node.names)


def ours(name: str) -> tuple[str, ...]:
    """("core", "read") for ckanext.haugiang.core.read…, () for a foreign module."""
    return tuple(name.split(".")[2:]) if name.startswith(PACKAGE + ".") else ()


def within(name: str, modules: set[str]) -> bool:
    return any(name == module or name.startswith(module + ".") for module in modules)


def offences(package: str) -> Iterator[tuple[Path, str]]:
    for path in PYTHON:
        if part_of(path)[0] == package:
            yield from ((path, name) for name in imports(path))


def told(path: Path, name: object) -> str:
    return f"{path.relative_to(ROOT)}: {name}"


def test_core_imports_the_engine_only_and_downwards():
    """core is pure; inside it publish → validate, tidy, profile → read → schema, with search beside."""
    wrong = []
    for path, name in offences("core"):
        own, target = part_of(path)[1], ours(name)
        if not target:
            first = name.split(".")[0]
            pure = (first in sys.stdlib_module_names and not within(name, IMPURE)) or first in ENGINE
            wrong += [] if pure else [told(path, name)]
        elif target[0] != "core":
            wrong.append(told(path, name))
        elif len(target) > 1 and target[1] in {*RANK, "search"} and target[1] != own:
            lower = own in RANK and target[1] in RANK and RANK[target[1]] < RANK[own]
            wrong += [] if lower else [told(path, name)]
    assert wrong == []


def test_core_reads_neither_clock_nor_environment():
    """Times and settings are arguments of core."""
    sources = (
        (path, CLOCK_AND_ENVIRONMENT.search(path.read_text(encoding="utf-8"))) for path in (CODE / "core").rglob("*.py")
    )
    assert [told(path, found.group()) for path, found in sources if found] == []


def test_every_package_has_a_row_in_the_table():
    """A new module at the top says first whom it may import."""
    assert {part_of(path)[0] for path in PYTHON} - {*NEVER, *ELSEWHERE} == set()


def test_each_package_keeps_to_its_row_of_the_table():
    """adapters, model, config, logic, views, cli and helpers import only what ARCHITECTURE.md lets them."""
    wrong = [
        told(path, name)
        for package, (own, foreign) in NEVER.items()
        for path, name in offences(package)
        if (ours(name)[:1] and ours(name)[0] in own) or within(name, foreign)
    ]
    assert wrong == []


def test_launch_is_stdlib_alone():
    """launch starts CKAN and must run where CKAN does not."""
    wrong = [
        told(path, name)
        for path, name in offences("launch")
        if not (ours(name)[:1] == ("launch",) or name.split(".")[0] in sys.stdlib_module_names)
    ]
    assert wrong == []


def test_the_command_line_reaches_no_ckan():
    """`haugiang …` works without CKAN: nothing that command.py imports, however far, imports it."""
    modules = {".".join((PACKAGE, *part_of(path))).removesuffix(".__init__"): path for path in PYTHON}
    reached, todo, wrong = set(), [f"{PACKAGE}.command"], []
    while todo:
        module = todo.pop()
        if module in reached or module not in modules:
            continue
        reached.add(module)
        for name in imports(modules[module]):
            wrong += [told(modules[module], name)] if within(name, {"ckan", "flask", "sqlalchemy"}) else []
            todo += [name, name.rpartition(".")[0]]
    assert wrong == []


def test_files_and_functions_stay_short():
    """400 lines end a file, 60 a function."""
    wrong = []
    for path in [*PYTHON, *(ROOT / "tests").rglob("*.py")]:
        source = path.read_text(encoding="utf-8")
        lines = source.count("\n")
        wrong += [told(path, f"{lines} lines")] if lines > LONGEST_FILE else []
        for node in ast.walk(ast.parse(source)):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.end_lineno:
                length = node.end_lineno - node.lineno + 1
                wrong += [told(path, f"{node.name}() has {length} lines")] if length > LONGEST_FUNCTION else []
    assert wrong == []


def test_what_ckan_collects_by_name_is_listed():
    """CKAN makes every public function of these modules an action, a check or a helper, unless `__all__` says which."""
    collected = [
        *(path for path in (CODE / "logic").rglob("*.py") if {"action", "auth", "validators"} & set(part_of(path))),
        *CODE.glob("helpers.py"),
        *CODE.glob("helpers/__init__.py"),
    ]
    wrong = [told(path, "no __all__") for path in collected if "\n__all__" not in path.read_text(encoding="utf-8")]
    assert wrong == []


def test_no_path_of_a_machine():
    """The project runs anywhere, so it names no folder of the machine on which it was written."""
    folders = ("ckanext-haugiang", "tests", "docs", "schemas", "datasets")
    files = [*ROOT.glob("*"), *(path for folder in folders for path in (ROOT / folder).rglob("*"))]
    kinds = {"", ".py", ".md", ".yaml", ".json", ".ini", ".toml", ".html", ".js", ".css", ".po", ".txt", ".sh"}
    texts = ((path, path.read_text("utf-8", "replace")) for path in files if path.is_file() and path.suffix in kinds)
    wrong = [told(path, found.group()) for path, text in texts if (found := MACHINE_PATHS.search(text))]
    assert wrong == []
