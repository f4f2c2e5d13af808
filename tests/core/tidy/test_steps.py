"""Each step against its cases: tests/cases/tidy/<step>.yaml."""

from __future__ import annotations

import importlib
import pkgutil
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
import yaml
from tidy_tables import RowsTable, make_schema, run_tidy

from ckanext.haugiang.core.errors import HauGiangError
from ckanext.haugiang.core.tidy import steps

CASES = Path(__file__).parents[2] / "cases" / "tidy"
HELPERS = {"base"}
STEPS = sorted(module.name for module in pkgutil.iter_modules(steps.__path__) if module.name not in HELPERS)
OTHERS = {"header", "header_row"}


def cases() -> list[Any]:
    found = []
    for path in sorted(CASES.glob("*.yaml")):
        for case in yaml.safe_load(path.read_text(encoding="utf-8")):
            found.append(pytest.param(case, id=f"{path.stem}: {case['name']}"))
    return found


@pytest.mark.parametrize("case", cases())
def test_case(case: dict[str, Any]) -> None:
    """The table, and the changes where a case lists them, are as the case says; a block border makes no difference."""
    schema = make_schema(case["fields"], **case.get("schema", {}))
    registers = {name: pa.table(columns) for name, columns in case.get("registers", {}).items()}
    for split in (1_000_000, 1, 2):
        table = RowsTable(
            case["rows"],
            sheet=case.get("sheet", "Sheet1"),
            merged=tuple(map(tuple, case.get("merged", ()))),
            split=split,
        )
        if "error" in case:
            with pytest.raises(HauGiangError) as caught:
                run_tidy(table, schema, registers, constants=case.get("constants"))
            assert caught.value.code == case["error"]
            assert {key: caught.value.params[key] for key in case.get("params", {})} == case.get("params", {})
            continue
        result = run_tidy(table, schema, registers, constants=case.get("constants"))
        assert result.rows == case["table"]
        if "changes" in case:
            said = [[change["cell"] or change["row"], change["before"], change["after"]] for change in result.changes]
            assert sorted(said, key=str) == sorted(case["changes"], key=str)
        if "steps" in case:
            assert result.tidied.info["by_step"] == case["steps"]
        if "questions" in case:
            asked = [[question["code"], question["source"].get("cell")] for question in result.tidied.info["questions"]]
            assert asked == case["questions"]


@pytest.mark.parametrize("step", STEPS)
def test_every_step_has_its_cases_and_its_manual(step: str) -> None:
    """One step, one file, one file of cases; the docstring begins with the step's stable name."""
    module = importlib.import_module(f"ckanext.haugiang.core.tidy.steps.{step}")
    assert module.__doc__
    assert module.__doc__.startswith(f"``{step.replace('_', '-')}``: ")
    assert (CASES / f"{step}.yaml").exists()


def test_no_cases_without_a_step() -> None:
    """A file of cases whose step was renamed would otherwise test nothing that anybody looks for."""
    assert {path.stem for path in CASES.glob("*.yaml")} == {*STEPS, *OTHERS}
