"""``missing-tokens``: write "no value" as an empty cell.

Stewards write ``-``, ``...``, ``x`` or ``KXĐ`` where there is no figure; the schema lists them (``missingValues``). The
published table has one way to say it: the empty cell. Error values of a sheet (``#DIV/0!``) are no such token: they
stay and are reported, because a figure was meant there.
"""

from __future__ import annotations

import pyarrow as pa
import pyarrow.compute as pc

from ckanext.haugiang.core.schema import Field, TableSchema


class MissingTokens:
    """See the module.

    Args:
        schema: Gives the tokens of all columns.
        field: May have its own.
    """

    name = "missing-tokens"

    def __init__(self, schema: TableSchema, field: Field) -> None:
        own = field.descriptor.get("missingValues")
        tokens = own if isinstance(own, list) else schema.missing_values
        self.tokens = frozenset(token for token in tokens if isinstance(token, str) and token)
        self._set = pa.array(sorted(self.tokens), pa.string())

    def suspects(self, cells: pa.Array, native: pa.Array | None) -> pa.Array | None:
        """Cells that are a token."""
        return pc.is_in(cells, value_set=self._set) if len(self._set) else None

    def repair(self, text: str) -> str:
        """Nothing in the place of a token."""
        return "" if text in self.tokens else text
