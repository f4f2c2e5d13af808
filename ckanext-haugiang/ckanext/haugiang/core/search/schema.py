"""The fields of CKAN's ``schema.xml``: their kinds, what is stored, what is copied where."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from xml.etree import ElementTree as ET

from ckanext.haugiang.core.search.errors import SearchRefused

NUMBERS = {"int": 2**31, "long": 2**63}
TEXTUAL = {"text", "ngram"}
_CLASSES = {
    "solr.StrField": "string",
    "solr.BoolField": "string",
    "solr.TextField": "text",
    "solr.IntPointField": "int",
    "solr.LongPointField": "long",
    "solr.FloatPointField": "float",
    "solr.DoublePointField": "float",
    "solr.DatePointField": "date",
    "solr.BinaryField": "binary",
}
# String fields that every process keeps in memory from the start: filters, facets and permission labels are counted
# there. A facet or a sort on another field loads it on first use.
COUNTED = frozenset(
    {
        *("site_id", "entity_type", "dataset_type", "type", "state", "capacity", "private", "permission_labels"),
        *("organization", "owner_org", "creator_user_id", "groups", "tags"),
        *("license_id", "license", "res_format", "res_type"),
    }
)
KEPT = COUNTED | {"metadata_modified", "metadata_created", "views_recent", "views_total", "title_string", "name"}


@dataclass(frozen=True, slots=True)
class Field:
    """One field: its name, its kind (string, text, ngram, int, long, float, date, binary) and its switches."""

    name: str
    kind: str
    stored: bool
    indexed: bool
    multi: bool
    required: bool = False
    default: str = ""


@dataclass(frozen=True)
class IndexSchema:
    """All fields of an index.

    Attributes:
        name: ``ckan-2.11``; CKAN checks it.
        fields: by name.
        patterns: dynamic fields, the longest pattern first as in Solr.
        copies: (source pattern, destination) in the order of the file.
    """

    name: str
    fields: Mapping[str, Field]
    patterns: tuple[tuple[str, Field], ...]
    copies: tuple[tuple[str, str], ...]

    def field(self, name: str) -> Field:
        """The field with this name, by pattern if need be.

        Raises:
            SearchRefused: if neither a field nor a pattern fits.
        """
        known = self.fields.get(name)
        if known:
            return known
        for pattern, field in self.patterns:
            if fnmatchcase(name, pattern):
                return Field(name, field.kind, field.stored, field.indexed, field.multi)
        raise SearchRefused(f"undefined field {name}")

    def targets(self, source: str) -> list[str]:
        """The fields into which the values of a source are copied; copies are not copied on, as in Solr."""
        found = [target for pattern, target in self.copies if fnmatchcase(source, pattern) and target != source]
        return list(dict.fromkeys(found))


def _kinds(root: ET.Element) -> dict[str, str]:
    kinds: dict[str, str] = {}
    for node in [*root.iter("fieldType"), *root.iter("fieldtype")]:
        kind = _CLASSES.get(node.get("class", ""))
        if kind is None:
            continue
        ngrams = any("NGram" in item.get("class", "") for item in node.iter("tokenizer"))
        kinds[node.get("name", "")] = "ngram" if ngrams else kind
    return kinds


def _field(node: ET.Element, kinds: Mapping[str, str]) -> Field:
    name, kind = node.get("name", ""), node.get("type", "")
    if kind not in kinds:
        raise SearchRefused(f"The field {name} has the type {kind}, which PostgreSQL search does not know; use Solr.")
    yes = {key: node.get(key) == "true" for key in ("stored", "indexed", "multiValued", "required")}
    return Field(
        name, kinds[kind], yes["stored"], yes["indexed"], yes["multiValued"], yes["required"], node.get("default", "")
    )


def parse_schema(xml: str) -> IndexSchema:
    """Read a ``schema.xml``.

    Args:
        xml: the file's text; it comes with CKAN, so it is trusted.

    Raises:
        SearchRefused: for a field of a type that is not served.
    """
    root = ET.fromstring(xml)  # noqa: S314 - a file of the installed CKAN
    kinds = _kinds(root)
    dynamic = {f.name: f for f in (_field(node, kinds) for node in root.iter("dynamicField"))}
    return IndexSchema(
        name=root.get("name", ""),
        fields={f.name: f for f in (_field(node, kinds) for node in root.iter("field"))},
        patterns=tuple(sorted(dynamic.items(), key=lambda item: -len(item[0]))),
        copies=tuple((n.get("source", ""), n.get("dest", "")) for n in root.iter("copyField")),
    )
