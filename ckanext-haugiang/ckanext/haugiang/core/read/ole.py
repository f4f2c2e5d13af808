"""Just enough of the compound file format ([MS-CFB]) to take the workbook's stream out of an .xls."""

from __future__ import annotations

import struct

_FREE = 0xFFFFFFFA  # from here on sector numbers are signs, not places
_HEADER = 512
_ENTRY = 128


class CutShortError(ValueError):
    """The file ends before its own tables say."""


def ole_stream(body: bytes, names: tuple[str, ...]) -> bytes | None:
    """The content of the first stream with one of these names (capitals aside), None if there is none.

    Raises:
        CutShortError: the file ends too early.
        ValueError: the file contradicts itself.
    """
    try:
        return _Compound(body).stream(names)
    except struct.error as error:
        raise CutShortError from error
    except IndexError as error:
        raise ValueError("not a whole compound file") from error


class _Compound:
    def __init__(self, body: bytes) -> None:
        self._body = body
        self._size = 1 << struct.unpack_from("<H", body, 30)[0]
        self._mini_size = 1 << struct.unpack_from("<H", body, 32)[0]
        if self._size not in (512, 4096) or self._mini_size != 64:
            raise ValueError("sectors of an unknown size")
        self._directory_start, self._cutoff, self._mini_start = struct.unpack_from("<I4xII", body, 48)
        self._fat = self._read_fat()

    def stream(self, names: tuple[str, ...]) -> bytes | None:
        wanted = {name.lower() for name in names}
        directory = self._chain(self._directory_start)
        if len(directory) % self._size:
            raise CutShortError
        root: tuple[int, int] | None = None
        for at in range(0, len(directory) - _ENTRY + 1, _ENTRY):
            length, kind = struct.unpack_from("<HB", directory, at + 64)
            start, size = struct.unpack_from("<II", directory, at + 116)
            name = directory[at : at + max(0, length - 2)].decode("utf-16-le", "replace")
            if kind == 5:
                root = (start, size)
            elif kind == 2 and name.lower() in wanted:
                if size < self._cutoff and root is None:
                    return None
                content = self._chain(start) if size >= self._cutoff or root is None else self._mini_chain(start, root)
                if len(content) < size:
                    raise CutShortError
                return content[:size]
        return None

    def _read_fat(self) -> list[int]:
        """The table of sectors; where it lies stands in the header and, for large files, in further sectors."""
        numbers = list(struct.unpack_from("<109I", self._body, 76))
        (further,) = struct.unpack_from("<I", self._body, 68)
        per_sector = self._size // 4
        seen = 0
        while further < _FREE and seen * self._size < len(self._body):
            numbers += struct.unpack_from(f"<{per_sector}I", self._body, _HEADER + further * self._size)
            further = numbers.pop()
            seen += 1
        fat: list[int] = []
        for number in numbers:
            if number < _FREE:
                fat += struct.unpack_from(f"<{per_sector}I", self._body, self._offset(number))
        return fat

    def _offset(self, sector: int) -> int:
        return (sector + 1) * self._size

    def _chain(self, sector: int) -> bytes:
        parts: list[bytes] = []
        while sector < _FREE:
            if len(parts) > len(self._fat):
                raise ValueError("sectors in a ring")
            at = self._offset(sector)
            if at >= len(self._body):
                raise CutShortError
            parts.append(self._body[at : at + self._size])
            sector = self._fat[sector]
        return b"".join(parts)

    def _mini_chain(self, sector: int, root: tuple[int, int]) -> bytes:
        """Small streams lie in pieces of 64 bytes inside the root's stream."""
        content = self._chain(root[0])
        table = self._chain(self._mini_start)
        parts: list[bytes] = []
        while sector < _FREE:
            if len(parts) * 4 > len(table):
                raise ValueError("sectors in a ring")
            parts.append(content[sector * self._mini_size : (sector + 1) * self._mini_size])
            (sector,) = struct.unpack_from("<I", table, sector * 4)
        return b"".join(parts)
