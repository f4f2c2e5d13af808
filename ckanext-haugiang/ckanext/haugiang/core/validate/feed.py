"""From what the screen found to the rows that frictionless is fed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from typing import BinaryIO

import numpy as np
import pyarrow as pa

from ckanext.haugiang.core.validate.blocks import rows_of
from ckanext.haugiang.core.validate.keys import Duplicates
from ckanext.haugiang.core.validate.plan import Plan
from ckanext.haugiang.core.validate.rules import Finding, Frame
from ckanext.haugiang.core.validate.screen import Counts, Screened

FIRST_DATA_ROW = 2  # frictionless counts the header as row 1


class Found:
    """What the screen found in a file, or in one part of it: mergeable, block after block.

    Attributes:
        rows: How many rows there are.
        counts: Exact errors by type and field.
        end: Where the first byte stands that is not screened yet.
    """

    def __init__(self, plan: Plan, *, begin: int, header_errors: int, limit: int) -> None:
        self.plan = plan
        self.end = begin
        self.rows = 0
        self.counts: Counts = Counter()
        self.bad: list[np.ndarray] = []
        self.blocks: list[tuple[int, int, int]] = []  # first row, offset, length
        self._limit = limit
        self._errors = header_errors
        self._runs = [Duplicates() for _ in plan.keys]
        self._owner: list[list[int]] = [[] for _ in plan.keys]
        self.findings: list[Finding] = []
        self.found: Counter[str] = Counter()
        self._kept: list[tuple[dict[str, pa.Array], np.ndarray]] = []

    def add(self, result: Screened) -> None:
        """Take over one block."""
        number = len(self.blocks)
        self.blocks.append((self.rows, result.offset, result.length))
        self.rows += result.size
        self.end = result.offset + result.length
        # Rows beyond the limit will not be asked for: repeated keys, found later, only add errors before them.
        enough = self._limit and self._errors >= self._limit
        self.bad.append(result.bad[:0] if enough else result.bad)
        self._errors += result.errors
        self.counts.update(result.counts)
        self._findings(result)
        for runs, owner, more in zip(self._runs, self._owner, result.runs, strict=True):
            runs.runs.extend(more)
            owner.extend([number] * len(more))

    def _findings(self, result: Screened) -> None:
        shift = self.blocks[-1][0] + FIRST_DATA_ROW
        self.found.update(result.found)
        room = max(self.plan.details - len(self.findings), 0)
        self.findings += [replace(finding, row=finding.row + shift) for finding in result.findings[:room]]
        if result.kept:
            size = len(next(iter(result.kept.values())))
            places = np.arange(size) if result.places is None else result.places
            self._kept.append((result.kept, places + shift))

    def settle_rules(self) -> None:
        """Ask the rules that see the whole table, and put all findings in the order of the rows."""
        rules = self.plan.rules_for(whole=True)
        if rules and self._kept:
            columns = {name: pa.concat_arrays([kept[name] for kept, _ in self._kept]) for name in self.plan.kept}
            frame = Frame(columns, np.concatenate([rows for _, rows in self._kept]))
            for rule in rules:
                findings, count = rule.find(frame, self.plan.details)
                self.findings += findings
                self.found[rule.rule.name] += count
        self.findings.sort(key=lambda finding: finding.row)
        del self.findings[self.plan.details :]

    def settle_keys(self) -> None:
        """Find repeated keys, now that all blocks are known, and add the rows of their groups."""
        for key, runs, owner in zip(self.plan.keys, self._runs, self._owner, strict=True):
            groups, count = runs.repeated()
            if not count:
                continue
            self.counts[key.kind, "\n".join(key.fields)] += count
            for number, rows in zip(owner, groups, strict=True):
                if rows is not None:
                    self.bad[number] = np.union1d(self.bad[number], rows)


def feed(stream: BinaryIO, found: Found) -> Iterator[tuple[int, list[str]]]:
    """The rows that may be bad with their numbers, read from the file again, and the first row in any case.

    frictionless looks whether it has reached its limit after each row: it needs one, even if only the header is wrong.
    """
    for number, (first, offset, length) in enumerate(found.blocks):
        wanted = found.bad[number]
        if first == 0 and found.rows and (not len(wanted) or wanted[0] != 0):
            wanted = np.concatenate([[0], wanted])
        if not len(wanted):
            continue
        stream.seek(offset)
        rows = rows_of(stream.read(length), found.plan.marks, wanted)
        yield from zip((FIRST_DATA_ROW + first + wanted).tolist(), rows, strict=True)
