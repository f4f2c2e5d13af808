"""Our report is frictionless's, for any schema and any table.

2,000 examples by default, 20,000 with ``CONTRACT_EXAMPLES=20000``, half of them in each of two tests.
"""

import io
import os

import pytest
from hypothesis import HealthCheck, assume, given, seed, settings
from hypothesis import strategies as st

from ckanext.haugiang.core.errors import HauGiangError, SchemaError
from ckanext.haugiang.core.schema import parse_table_schema
from ckanext.haugiang.core.validate import validate

from .oracle import counted, oracle, told
from .tables import schemas, tables

EXAMPLES = int(os.environ.get("CONTRACT_EXAMPLES", "2000"))
QUIET = [HealthCheck.too_slow, HealthCheck.filter_too_much, HealthCheck.data_too_large]


@pytest.mark.timeout(3600)
@pytest.mark.parametrize("half", [0, 1])
def test_the_report_is_frictionlesss_own(half):
    run = settings(max_examples=EXAMPLES // 2, deadline=None, suppress_health_check=QUIET, database=None)
    run(seed(half)(given(st.data())(compare)))()


def compare(data):
    document, registers = data.draw(schemas())
    try:
        schema = parse_table_schema(document)
    except SchemaError:
        assume(False)
    table = data.draw(tables(document))
    limit = data.draw(st.sampled_from([0, 0, 1, 3, 1000]))
    block = data.draw(st.sampled_from([1 << 20, 1 << 20, 7, 30, 100]))
    try:
        expected = oracle(table, schema, registers, limit=limit)
        everything = oracle(table, schema, registers, limit=0) if limit in (1, 3) else expected
    except Exception as error:  # noqa: BLE001 - whatever it is, ours must refuse too
        expected = error
    if isinstance(expected, Exception):
        with pytest.raises(HauGiangError):
            validate(io.BytesIO(table), schema, registers, limit=limit, block_bytes=block, threads=1)
        return
    report = validate(io.BytesIO(table), schema, registers, limit=limit, block_bytes=block, threads=1)
    found = told(report)
    context = (document, table, limit, block)
    assert found.valid == expected.valid, context
    assert found.labels == expected.labels, context
    assert found.warnings == expected.warnings, context
    assert found.errors == expected.errors, context
    extra = report.custom["haugiang"]
    assert (extra["by_type"], extra["by_field"]) == counted(everything, schema), context
