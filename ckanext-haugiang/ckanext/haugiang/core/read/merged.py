"""Spare calamine its second way through a large sheet.

It reads a sheet's XML for the cells, and then all of it again until it finds the merged ranges, which stand behind the
cells. In a copy of the archive, unpacked, with the ranges before the cells, the second way ends at once: a third of the
time. The sheet says the same; where anything in it is unusual, the archive stays as it is.
"""

from __future__ import annotations

import os
import re
import zipfile
import zlib
from collections.abc import Mapping
from io import BufferedRandom
from pathlib import Path
from typing import BinaryIO

from ckanext.haugiang.core.errors import HauGiangError
from ckanext.haugiang.core.read.limits import MIB, ReadLimits
from ckanext.haugiang.core.read.pattern import holds
from ckanext.haugiang.core.read.zipguard import pieces

LARGE = 8 * MIB
_MOST = 96 * MIB  # unpacked it lies in memory twice for a moment
_BEGIN, _END, _NAME = b"<sheetData>", b"</sheetData>", b"mergeCells"
_RANGES = re.compile(rb"<mergeCells(?: [^<>]*)?>.*?</mergeCells>", re.DOTALL)
_NONE = b'<mergeCells count="0"></mergeCells>'


def ranges_first(
    stream: BinaryIO, sizes: Mapping[str, int], sheets: frozenset[str], limits: ReadLimits
) -> BufferedRandom | None:
    """A copy of an archive in which large sheets have their merged ranges before their cells; None when none is needed.

    It lies in memory, as a file of the system that calamine opens by `path_of`: what it is given as an object of Python
    it copies several times.

    Args:
        stream: The archive.
        sizes: Unpacked size of each entry.
        sheets: The entries that are sheets.
        limits: Bounds of what is unpacked.
    """
    large = {name for name in sheets if sizes.get(name, 0) >= LARGE}
    if not large or sum(sizes.values()) > _MOST or not hasattr(os, "memfd_create"):
        return None
    copy = os.fdopen(os.memfd_create("workbook"), "w+b")
    try:
        with zipfile.ZipFile(stream) as archive, zipfile.ZipFile(copy, "w", zipfile.ZIP_STORED) as out:
            names = [entry.filename for entry in archive.infolist()]
            for name in names:
                text = _turned(list(pieces(stream, name, limits))) if name in large else None
                with out.open(name, "w") as entry:
                    for piece in text or [archive.read(name)]:
                        entry.write(piece)
        copy.flush()
    except (HauGiangError, zipfile.BadZipFile, zlib.error, OSError, EOFError, RuntimeError, ValueError):
        names = []  # what is wrong with it is said where it is read
    if len(set(names)) == len(sizes) == len(names) and Path(path_of(copy)).exists():
        return copy
    copy.close()  # two entries of one name: nobody knows which one is meant
    return None


def path_of(copy: BufferedRandom) -> str:
    """The path under which this process finds a copy."""
    return f"/proc/self/fd/{copy.fileno()}"


def _turned(text: list[bytes]) -> list[bytes] | None:
    """The XML of a sheet with its merged ranges also before its cells; None when it is not written as usual."""
    begin = text[0].find(_BEGIN)
    last = next((number for number in range(len(text) - 1, -1, -1) if _END in text[number]), None)
    if begin < 0 or last is None:
        return None
    end = text[last].rfind(_END)
    head, tail = text[0][:begin], b"".join([text[last][end:], *text[last + 1 :]])
    cells = [*text[:last], text[last][:end]]
    if b"<!" in head or b"<!" in tail or any(holds(piece, _NAME.decode()) for piece in cells):
        return None
    found = _RANGES.search(tail)
    if found is None and _NAME in tail:
        return None
    return [head, found[0] if found else _NONE, text[0][begin:], *text[1:]]
