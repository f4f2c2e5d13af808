"""JSON-LD in one order: rdflib writes the same graph in another one each time, so a page would never be the same twice."""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Iterator
from typing import Any

import simplejson as json

__all__ = ["settled"]

NAMELESS = re.compile(r"_:\w+")


def settled(text: str) -> str:
    """The same graph, always in the same words.

    What has no name stands where it is referred to, if that is one place; else it gets a name from its content in place of
    one by chance. Lists, which JSON-LD does not order, are sorted. Escaped for a page of HTML, as ckanext-dcat does it.
    """
    graph = json.loads(text)
    nodes = graph.get("@graph", [graph]) if isinstance(graph, dict) else graph
    nodes = [_sorted(node) for node in _nested(nodes)]
    names: dict[str, str] = {}
    alike: Counter[str] = Counter()
    for content, own in sorted((NAMELESS.sub("_:", _words(node)), str(node.get("@id", ""))) for node in nodes):
        if own.startswith("_:"):
            digest = hashlib.sha256(content.encode()).hexdigest()[:12]
            alike[digest] += 1
            names[own] = f"_:b{digest}{alike[digest]}"
    whole = {"@context": graph["@context"], "@graph": nodes} if isinstance(graph, dict) else nodes
    renamed = json.loads(NAMELESS.sub(lambda found: names.get(found[0], found[0]), _words(whole)))
    return str(json.dumps(_sorted(renamed), sort_keys=True, cls=json.JSONEncoderForHTML))


def _nested(nodes: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Each node without a name inside the one that refers to it, where that is only one."""
    counts = Counter(_references(nodes))
    within = {node["@id"]: node for node in nodes if counts[node.get("@id", "")] == 1 and node["@id"].startswith("_:")}

    def put(value: Any) -> Any:
        if isinstance(value, list):
            return [put(part) for part in value]
        if not isinstance(value, dict):
            return value
        if set(value) == {"@id"} and value["@id"] in within:
            return {key: put(part) for key, part in within.pop(value["@id"]).items() if key != "@id"}
        return {key: put(part) for key, part in value.items()}

    roots = [node for node in nodes if node.get("@id") not in within]  # before any is taken out
    made = [put(node) for node in roots]
    while within:  # nodes that refer to each other in a circle, and to them nobody else
        made.append(put(within.pop(next(iter(within)))))
    return made


def _references(value: Any) -> Iterator[str]:
    if isinstance(value, list):
        for part in value:
            yield from _references(part)
    elif isinstance(value, dict):
        if set(value) == {"@id"}:
            yield value["@id"]
        for part in value.values():
            yield from _references(part)


def _words(value: Any) -> str:
    return str(json.dumps(value, sort_keys=True))


def _sorted(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _sorted(part) for key, part in value.items()}
    if isinstance(value, list):
        return sorted((_sorted(part) for part in value), key=_words)
    return value
