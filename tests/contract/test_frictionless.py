"""Our report is frictionless's, for any schema and any table.

20,000 examples, or as many as ``CONTRACT_EXAMPLES`` says, half of them in each of two tests: some tables for each schema.
"""

import io
import os
import pickle

import pytest
from hypothesis import HealthCheck, assume, given, seed, settings
from hypothesis import strategies as st

from ckanext.haugiang.core.errors import HauGiangError, SchemaError
from ckanext.haugiang.core.schema import parse_table_schema
from ckanext.haugiang.core.validate import validate
from ckanext.haugiang.core.validate.parts import Threads
from ckanext.haugiang.core.validate.ranges import joined, ranges, screen_range

from .oracle import counted, oracle, told
from .tables import schemas, tables


def posted(source, job):
    """An engine that sends everything as over a wire, the job to each block anew."""
    for block in source.blocks(job):
        yield pickle.loads(pickle.dumps(pickle.loads(pickle.dumps(job)).screen(block)))


def ranged(source, job):
    """An engine that screens ranges of the file, each of which guesses where its first record begins."""
    if source.careful:
        yield from map(job.screen, source.blocks(job))
        return
    data = source.stream.getvalue()

    def found(part):
        return screen_range(io.BytesIO(data), part, source.block_bytes, job)

    parts = ranges(source.begin, len(data), 37)
    yield from joined(((part, found(part)) for part in parts), found)


ENGINES = [Threads(1), Threads(2), posted, ranged]
EXAMPLES = int(os.environ.get("CONTRACT_EXAMPLES", "20000"))
TABLES = 2  # for each schema, which takes longer to make than a table
QUIET = [HealthCheck.too_slow, HealthCheck.filter_too_much, HealthCheck.data_too_large]


@pytest.mark.timeout(3600)
@pytest.mark.parametrize("half", [0, 1])
def test_the_report_is_frictionlesss_own(half):
    run = settings(max_examples=EXAMPLES // 2 // TABLES, deadline=None, suppress_health_check=QUIET, database=None)
    run(seed(half)(given(st.data())(compare)))()


def compare(data):
    document, registers = data.draw(schemas())
    try:
        schema = parse_table_schema(document)
    except SchemaError:
        assume(False)
    for _ in range(TABLES):
        compare_table(data, document, schema, registers)


def compare_table(data, document, schema, registers):
    table = data.draw(tables(document))
    limit = data.draw(st.sampled_from([0, 0, 1, 3, 1000]))
    block = data.draw(st.sampled_from([1 << 20, 1 << 20, 7, 30, 100]))
    engine = data.draw(st.sampled_from(ENGINES))
    try:
        expected = oracle(table, schema, registers, limit=limit)
        everything = oracle(table, schema, registers, limit=0) if limit in (1, 3) else expected
    except Exception as error:  # noqa: BLE001 - whatever it is, ours must refuse too
        expected = error
    if isinstance(expected, Exception):
        with pytest.raises(HauGiangError):
            validate(io.BytesIO(table), schema, registers, limit=limit, block_bytes=block, engine=engine)
        return
    report = validate(io.BytesIO(table), schema, registers, limit=limit, block_bytes=block, engine=engine)
    found = told(report)
    context = (document, table, limit, block)
    assert found.valid == expected.valid, context
    assert found.labels == expected.labels, context
    assert found.warnings == expected.warnings, context
    assert found.errors == expected.errors, context
    extra = report.custom["haugiang"]
    assert (extra["by_type"], extra["by_field"]) == counted(everything, schema), context
