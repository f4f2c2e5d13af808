import io
import json

import pyarrow as pa
import pytest

from ckanext.haugiang.core.errors import UnknownRegister
from ckanext.haugiang.core.validate import validate

CODES = pa.table({"code": ["x", "y"]})
A = {"name": "a", "type": "integer", "constraints": {"minimum": 2}}
B = {"name": "b", "type": "string"}
TO_CODES = [{"fields": ["b"], "reference": {"resource": "codes", "fields": ["code"]}}]


def run(text, schema, registers=None, **options):
    return validate(io.BytesIO(text.encode()), schema, registers or {}, **options)


def test_a_valid_table_has_no_errors(schema):
    report = run("a,b\n2,x\n3,y\n", schema(A, B, foreignKeys=TO_CODES), {"codes": CODES})
    assert report.valid
    assert report.tasks[0].labels == ["a", "b"]
    extra = report.custom["haugiang"]
    assert (extra["rows"], extra["errors"], extra["by_type"], extra["sources"]) == (2, 0, {}, [])


def test_each_defect_is_named_with_its_row_and_cell(schema):
    report = run("a,b\n1,x\nq,z\n\n5,x,3\n6\n", schema(A, B, foreignKeys=TO_CODES), {"codes": CODES})
    assert report.flatten(["rowNumber", "fieldNumber", "type"]) == [
        [2, 1, "constraint-error"],
        [3, 1, "type-error"],
        [3, None, "foreign-key"],
        [4, None, "blank-row"],
        [5, 3, "extra-cell"],
        [6, 2, "missing-cell"],
    ]
    extra = report.custom["haugiang"]
    assert extra["errors"] == 6
    assert extra["by_field"] == {"a": 2, "b": 2}
    assert [source["cell"] for source in extra["sources"]] == ["A2", "A3", None, None, "C5", "B6"]


def test_details_stop_at_the_limit_and_counts_do_not(schema):
    report = run("a,b\n" + "0,x\n" * 50, schema(A, B), limit=7)
    assert len(report.tasks[0].errors) == 7
    assert report.tasks[0].warnings == ["reached error limit: 7"]
    assert report.custom["haugiang"]["by_type"] == {"constraint-error": 50}
    assert report.custom["haugiang"]["rows"] == 50


def test_a_repeated_key_names_the_row_it_repeats_in_the_stewards_own_file(schema):
    def sources(row, field):
        return {"sheet": "Lúa", "row": row + 4, "column": "C", "cell": f"C{row + 4}"}

    report = run("a,b\n2,x\n3,y\n2,z\n", schema(A, B, primaryKey=["a"]), sources=sources)
    assert report.custom["haugiang"]["sources"] == [{"sheet": "Lúa", "row": 8, "column": "C", "cell": "C8", "same_row": 6}]


def test_a_register_that_is_not_given_is_refused_by_name(schema):
    with pytest.raises(UnknownRegister, match="codes"):
        run("a,b\n2,x\n", schema(A, B, foreignKeys=TO_CODES))


def test_long_enums_and_wide_rows_do_not_make_a_long_report(schema):
    values = [f"giá trị {n}" for n in range(2_000)]
    names = [f"c{n}" for n in range(60)]
    fields = [{"name": name, "type": "string", "constraints": {"enum": values}} for name in names]
    row = ",".join(["không có trong danh sách, " * 4] * 60).replace(", ", " ")
    report = run(",".join(names) + "\n" + f"{row}\n" * 30, schema(*fields))
    text = json.dumps(report.to_descriptor())
    assert len(report.tasks[0].errors) == 1000
    assert len(text) < 5_000_000
    assert report.custom["haugiang"]["errors"] == 1800


def test_without_a_limit_the_report_still_stays_under_its_size(schema):
    report = run("a,b\n" + "0,x\n" * 20_000, schema(A, B), limit=0)
    assert len(json.dumps(report.to_descriptor())) < 5_000_000
    assert report.tasks[0].warnings == ["reached report size limit: 5000000 bytes"]
    assert report.custom["haugiang"]["errors"] == 20_000
    assert len(report.custom["haugiang"]["sources"]) == len(report.tasks[0].errors)


def test_a_file_is_judged_by_its_path_whether_it_is_screened_or_not(schema, tmp_path):
    for letters, encoding in (("utf-8", "utf-8"), ("utf-16", "utf-16"), ("latin-1", "utf-8")):
        path = tmp_path / f"{letters}.csv"
        path.write_bytes("a,b\n1,é\n".encode(letters))
        report = validate(path, schema(A, B), {}, encoding=encoding)
        assert not report.valid
        kinds = {"latin-1": ["encoding-error"]}.get(letters, ["constraint-error"])
        assert [error.type for error in report.tasks[0].errors] == kinds
