"""Each own rule against its case file; a rule without one fails here."""

import inspect
import io
from pathlib import Path

import pyarrow as pa
import pytest
import yaml

from ckanext.haugiang.core.validate import sentence, validate
from ckanext.haugiang.core.validate.caps import size as report_size
from ckanext.haugiang.core.validate.report import FINDINGS_BYTES, add_rows
from ckanext.haugiang.core.validate.rules import RULES
from ckanext.haugiang.core.validate.rules.lookup import Lookup

CASES = Path(__file__).parents[2] / "cases" / "validate"


def cases():
    for path in sorted(CASES.glob("*.yaml")):
        document = yaml.safe_load(path.read_text(encoding="utf-8"))
        for case in document["cases"]:
            yield pytest.param(document, case, id=f"{document['check']}: {case['name']}")


def judged(schema, document, case, severity="error", **options):
    rule = {"name": "r", "check": document["check"], "severity": severity, "title": "Đúng", "title_en": "Right"}
    fields = [{"name": name, "type": kind} for name, kind in document["fields"].items()]
    table = schema(*fields, **{"x-rules": [{**rule, **case["rule"]}]})
    registers = {
        name: pa.table({key: pa.array(values, pa.string()) for key, values in columns.items()})
        for name, columns in document.get("registers", {}).items()
    }
    text = "\n".join([",".join(document["fields"]), *case["rows"]]) + "\n"
    return table, validate(io.BytesIO(text.encode()), table, registers, **options)


@pytest.mark.parametrize(("document", "case"), cases())
@pytest.mark.parametrize("block_bytes", [1 << 20, 8])
def test_a_rule_finds_what_it_should(schema, document, case, block_bytes):
    _, report = judged(schema, document, case, block_bytes=block_bytes)
    extra = report.custom["haugiang"]
    assert {found["row"]: found["field"] for found in extra["findings"]} == case["found"]
    assert extra["by_rule"] == ({"r": len(case["found"])} if case["found"] else {})


@pytest.mark.parametrize(("document", "case"), cases())
def test_each_finding_has_a_sentence_without_gaps(schema, document, case):
    table, report = judged(schema, document, case)
    for found in report.custom["haugiang"]["findings"]:
        for lang in ("vi", "en"):
            said = sentence(found, table, found["source"], lambda text: text, lang)
            assert "{" not in said
            assert str(found["row"]) in said


def test_every_rule_has_cases_and_a_manual():
    assert {path.stem for path in CASES.glob("*.yaml")} == set(RULES)
    for rule in RULES.values():
        manual = inspect.getdoc(rule)
        assert all(part in manual for part in ("**Why.**", "**Breaks.**", "**Passes.**")), rule


DOCUMENT = {"check": "row_rule", "fields": {"a": "number", "b": "number"}}
CASE = {"rule": {"formula": "a <= b"}, "rows": ["3,2"] * 30}


def test_an_error_blocks_and_a_warning_asks(schema):
    _, blocked = judged(schema, DOCUMENT, CASE)
    assert not blocked.valid
    assert blocked.custom["haugiang"]["by_type"] == {"row_rule": 30}
    _, asked = judged(schema, DOCUMENT, CASE, "warning")
    assert asked.valid
    assert (asked.custom["haugiang"]["errors"], asked.custom["haugiang"]["warnings"]) == (0, 30)


def test_findings_stop_at_the_limit_and_counts_do_not(schema):
    _, report = judged(schema, DOCUMENT, CASE, limit=4, block_bytes=8)
    assert [found["row"] for found in report.custom["haugiang"]["findings"]] == [2, 3, 4, 5]
    assert report.custom["haugiang"]["by_rule"] == {"r": 30}


def test_a_finding_tells_the_values_with_their_titles(schema):
    table, report = judged(schema, DOCUMENT, {**CASE, "rows": ["3105.5,2"]})
    found = report.custom["haugiang"]["findings"][0]
    assert sentence(found, table, found["source"], lambda text: text, "vi") == (
        "Row 2: A 3.105,5, B 2. It should be: Đúng. Check the source."
    )


@pytest.mark.parametrize(
    ("check", "rule"),
    [
        ("register_value", {"field": "x", "register": "codes", "by": "code", "column": "unit"}),
        ("plausible_range", {"field": "n", "register": "codes", "by": "code", "minimum": "least", "maximum": 5}),
    ],
)
def test_a_block_is_looked_up_once_for_all_its_findings(schema, check, rule, monkeypatch):
    """Looked up again for each finding, two million bad rows took four minutes instead of five seconds."""
    asked = []
    rows = Lookup.rows
    monkeypatch.setattr(Lookup, "rows", lambda self, columns: asked.append(1) or rows(self, columns))
    document = {
        "check": check,
        "fields": {"x": "string", "code": "string", "n": "number"},
        "registers": {"codes": {"code": ["a", "b"], "unit": ["kg", "g"], "least": ["1", "2"]}},
    }
    _, report = judged(schema, document, {"rule": rule, "rows": ["m,a,9"] * 500})
    assert report.custom["haugiang"]["by_rule"] == {"r": 500}
    assert len(report.custom["haugiang"]["findings"]) == 500
    assert len(asked) == 1


def test_rows_beside_findings_leave_the_report_its_size():
    """Whole rows of a wide table stand beside the first findings only."""
    findings = [{"code": "row_rule", "row": row, "field": "a"} for row in range(2, 1002)]
    add_rows(findings, [",".join(["đ" * 200] * 2000) + "\n"] * 1001)
    assert report_size(findings) <= FINDINGS_BYTES
    assert findings[0]["cells"][-1] == "…"
    assert "cells" not in findings[-1]


def test_rows_beside_findings_are_those_of_their_numbers():
    findings = [{"row": 3, "field": "a"}, {"row": None, "field": ""}, {"row": 2, "field": "a"}]
    add_rows(findings, ["a,b\n", "1,x\n", '2,"y\n', 'z"\n'])
    assert [finding.get("cells") for finding in findings] == [["2", "y\nz"], None, ["1", "x"]]


def test_rows_of_long_cells():
    findings = [{"row": 2, "field": "a"}]
    add_rows(findings, ["a,b\n", "1," + "x" * 400_000 + "\n"])
    assert findings[0]["cells"][0] == "1"
