"""``boolean-words``: write yes and no as ``true`` and ``false``.

Read are có/không, đúng/sai, yes/no and y/n in any case; the words of the schema (``trueValues``, ``falseValues``) stay.
"""

from __future__ import annotations

import pyarrow as pa
import pyarrow.compute as pc

from ckanext.haugiang.core.schema import Field
from ckanext.haugiang.core.tidy.fold import read_key

TRUE = frozenset({"có", "đúng", "yes", "y", "true", "1", "rồi"})
FALSE = frozenset({"không", "sai", "no", "n", "false", "0", "chưa"})


class BooleanWords:
    """See the module.

    Args:
        field: A boolean field.
    """

    name = "boolean-words"

    def __init__(self, field: Field) -> None:
        self._true = list(field.descriptor.get("trueValues") or ["true", "True", "TRUE", "1"])
        self._false = list(field.descriptor.get("falseValues") or ["false", "False", "FALSE", "0"])
        self._known = pa.array([*self._true, *self._false, ""], pa.string())

    def suspects(self, cells: pa.Array, native: pa.Array | None) -> pa.Array | None:
        """All words but the schema's own."""
        return pc.invert(pc.is_in(cells, value_set=self._known))

    def repair(self, text: str) -> str:
        """The schema's first word for what the text means."""
        key = read_key(text)
        if key in TRUE and self._true:
            return self._true[0]
        if key in FALSE and self._false:
            return self._false[0]
        return text
