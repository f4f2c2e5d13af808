"""One table in eight encodings: read right or refused, never wrong and silent."""

from __future__ import annotations

import pytest
from hostile_files import FILES

from ckanext.haugiang.core.errors import ReadError
from ckanext.haugiang.core.read import detect, open_tables

SAMPLES = FILES / "samples"
READ = ["rice_utf8.csv", "rice_utf8_bom.csv", "rice_utf16le_tab.txt", "rice_windows1258.csv"]
REFUSED = ["rice_tcvn3.csv", "rice_viscii.csv", "rice_vni.csv"]


def rows(name: str) -> list[list[str]]:
    with (SAMPLES / name).open("rb") as stream:
        (table,) = open_tables(stream, detect(stream, name))
        return [row[:5] for block in table.blocks() for row in block.rows(block.height)]


@pytest.mark.parametrize("name", READ)
def test_the_same_table(name: str) -> None:
    """Whatever the encoding, the same letters."""
    found = rows(name)
    assert found == rows("rice_utf8.csv")
    assert found[2] == ["STT", "Đơn vị", "Diện tích gieo trồng (ha)", "Năng suất (tạ/ha)", "Sản lượng (tấn)"]


@pytest.mark.parametrize("name", REFUSED)
def test_fonts_own_encodings_are_refused(name: str) -> None:
    """Until they can be read, they are no silent mojibake."""
    with pytest.raises(ReadError) as caught:
        rows(name)
    assert caught.value.code == "encoding-unknown"
