"""What `haugiang validate` prints: the verdict on a file as text, JSON, CSV or a web page, in Vietnamese or English."""

from __future__ import annotations

import csv
import gettext
import html
import io
import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any

from ckanext.haugiang.adapters.child import Checked
from ckanext.haugiang.core.errors import N_, REASONS, HauGiangError, fill
from ckanext.haugiang.core.schema import TableSchema
from ckanext.haugiang.core.validate import sentence

Translate = Callable[[str], str]

_VALID = N_("{file}: every cell is valid ({rows} rows).")
_INVALID = N_("{file}: {errors} errors in {rows} rows.")
_REFUSED = N_("{file}: {reason}")
_CHANGED = N_("Read differently than written: {changes} cells ({steps}).")
_MORE = N_("… and {more} more.")
_COLUMNS = ("file", "sheet", "row", "column", "cell", "field", "severity", "type", "value", "sentence")


@dataclass(frozen=True)
class Outcome:
    """What came of one file: a check, or the error that stopped it."""

    file: str
    schema: TableSchema
    checked: Checked | None
    error: HauGiangError | None

    @property
    def valid(self) -> bool:
        """Whether the file was judged and is free of errors."""
        return self.checked is not None and not self.checked.report["haugiang"]["errors"]


@cache
def translation(lang: str) -> Translate:
    """Gettext of a language; English is the language of the msgids."""
    if lang == "en":
        return str
    catalogue = resources.files("ckanext.haugiang").joinpath(f"i18n/{lang}/LC_MESSAGES/ckanext-haugiang.mo")
    return gettext.GNUTranslations(io.BytesIO(catalogue.read_bytes())).gettext


def render(outcomes: Sequence[Outcome], form: str, lang: str) -> str:
    """All outcomes in one of the forms text, json, csv, html."""
    renderer = {"text": _text, "json": _json, "csv": _csv, "html": _html}[form]
    return renderer(outcomes, lang)


def findings(outcome: Outcome, lang: str) -> Iterator[dict[str, Any]]:
    """Everything that was found in a file, one record each, with its place and its sentence."""
    if outcome.checked is None:
        return
    translate = translation(lang)
    report = outcome.checked.report
    ours = report["haugiang"]
    for error, source in zip(report["tasks"][0]["errors"], ours["sources"], strict=False):
        yield {
            "file": outcome.file,
            **{key: source.get(key) for key in ("sheet", "row", "column", "cell")},
            "field": error.get("fieldName"),
            "severity": "error",
            "type": error["type"],
            "value": error.get("cell"),
            "sentence": sentence(error, outcome.schema, source, translate, lang),
        }
    for finding in ours["findings"]:
        source = finding.get("source") or {}
        yield {
            "file": outcome.file,
            **{key: source.get(key) for key in ("sheet", "row", "column", "cell")},
            "field": finding.get("field"),
            "severity": finding["severity"],
            "type": finding["code"],
            "value": finding.get("params", {}).get("value"),
            "sentence": sentence(finding, outcome.schema, source, translate, lang),
        }


def _headline(outcome: Outcome, lang: str) -> str:
    translate = translation(lang)
    if outcome.checked is None:
        error = outcome.error
        reason = fill(translate(REASONS[error.code]), error.params) if error else ""
        return fill(translate(_REFUSED), {"file": outcome.file, "reason": reason})
    ours = outcome.checked.report["haugiang"]
    said = {"file": outcome.file, "rows": ours["rows"], "errors": ours["errors"]}
    return fill(translate(_VALID if outcome.valid else _INVALID), said)


def _notes(outcome: Outcome, lang: str) -> Iterator[str]:
    translate = translation(lang)
    if outcome.checked is None:
        return
    tidy = outcome.checked.tidy
    if tidy["changes"]:
        steps = ", ".join(f"{step}: {count}" for step, count in tidy["by_step"].items())
        yield fill(translate(_CHANGED), {"changes": tidy["changes"], "steps": steps})
    shown = len(outcome.checked.report["tasks"][0]["errors"])
    more = outcome.checked.report["haugiang"]["errors"] - shown
    if more > 0:
        yield fill(translate(_MORE), {"more": more})


def _text(outcomes: Sequence[Outcome], lang: str) -> str:
    lines = []
    for outcome in outcomes:
        lines.append(_headline(outcome, lang))
        for found in findings(outcome, lang):
            lines.append(f"  {found['cell'] or found['row'] or '–'}\t{found['sentence']}")
        lines += [f"  {note}" for note in _notes(outcome, lang)]
    return "\n".join(lines) + "\n"


def _json(outcomes: Sequence[Outcome], lang: str) -> str:
    documents = []
    for outcome in outcomes:
        document: dict[str, Any] = {"file": outcome.file, "schema": outcome.schema.ref, "valid": outcome.valid}
        if outcome.error:
            message = fill(translation(lang)(REASONS[outcome.error.code]), outcome.error.params)
            document["error"] = {"code": outcome.error.code, "params": outcome.error.params, "message": message}
        if outcome.checked:
            document |= {
                "detection": outcome.checked.detection,
                "tidy": outcome.checked.tidy,
                "rows": outcome.checked.rows,
                "sha256": outcome.checked.sha256,
                "errors": list(findings(outcome, lang)),
                "report": outcome.checked.report,
                "profile": outcome.checked.profile,
            }
        documents.append(document)
    return json.dumps(documents, ensure_ascii=False, indent=2) + "\n"


def _csv(outcomes: Sequence[Outcome], lang: str) -> str:
    buffer = io.StringIO()
    writer = csv.DictWriter(buffer, _COLUMNS, lineterminator="\n")
    writer.writeheader()
    for outcome in outcomes:
        if outcome.error:
            sentence_ = fill(translation(lang)(REASONS[outcome.error.code]), outcome.error.params)
            writer.writerow({"file": outcome.file, "severity": "error", "type": outcome.error.code, "sentence": sentence_})
        writer.writerows({key: _harmless(found[key]) for key in _COLUMNS} for found in findings(outcome, lang))
    return buffer.getvalue()


def _harmless(value: Any) -> Any:
    """A spreadsheet that opens this must not compute what a stranger's cell begins with ``=``."""
    return "'" + value if isinstance(value, str) and value[:1] in "=+-@\t\r" and value else value


def _html(outcomes: Sequence[Outcome], lang: str) -> str:
    parts = []
    for outcome in outcomes:
        rows = "".join(
            f"<tr><td>{html.escape(str(found['cell'] or found['row'] or ''))}</td>"
            f"<td>{html.escape(found['severity'])}</td><td>{html.escape(found['sentence'])}</td></tr>"
            for found in findings(outcome, lang)
        )
        notes = "".join(f"<p>{html.escape(note)}</p>" for note in _notes(outcome, lang))
        table = f"<table>{rows}</table>" if rows else ""
        parts.append(f"<h2>{html.escape(_headline(outcome, lang))}</h2>{table}{notes}")
    style = "body{font:16px/1.5 sans-serif;margin:2rem}td{border-top:1px solid #ccc;padding:.3rem .8rem}"
    return (
        f'<!doctype html><html lang="{lang}"><meta charset="utf-8"><title>haugiang validate</title>'
        f"<style>{style}</style><body>{''.join(parts)}</body></html>\n"
    )
