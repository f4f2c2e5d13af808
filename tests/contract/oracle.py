"""frictionless 5.21.0 as the issue names it: the table in a package with its registers, nothing left to guess."""

import dataclasses
import functools

import frictionless
from frictionless.vendors import stringcase

from ckanext.haugiang.core.validate.judge import PROFILES, csv_dialect, register_resource
from ckanext.haugiang.core.validate.report import LABELS_BYTES, cap, cut_list

# A tenth of all time: frictionless spells the same few names again and again.
stringcase.snakecase = functools.cache(stringcase.snakecase)


@dataclasses.dataclass
class Judged:
    valid: bool
    labels: list
    warnings: list
    errors: list


def oracle(data, schema, registers, *, limit, dialect=None):
    """Judge with frictionless alone.

    Raises:
        Exception: whatever frictionless raises.
    """
    resource = frictionless.resources.TableResource(
        name="table",
        data=data,
        format="csv",
        encoding="utf-8",
        dialect=dialect or csv_dialect(),
        schema=schema.frictionless(),
        schema_profile=PROFILES + "dataresource.json",
    )
    needed = {key.resource for key in schema.foreign_keys if key.resource}
    others = [register_resource(name, registers[name]) for name in sorted(needed)]
    frictionless.Package(resources=[resource, *others], schema_profile=PROFILES + "datapackage.json")
    report = resource.validate(limit_errors=limit)
    for error in report.tasks[0].errors:  # up to the caps that docs/reference/validation-limits.md states
        cap(error)
    report.tasks[0].labels = cut_list(report.tasks[0].labels, LABELS_BYTES)
    return told(report)


def told(report):
    task = report.tasks[0]
    return Judged(report.valid, task.labels, task.warnings, [error.to_descriptor() for error in task.errors])


def counted(judged, schema):
    """Exact counts by type, as ``report.custom["haugiang"]`` has them."""
    by_type, by_field = {}, {}
    for error in judged.errors:
        by_type[error["type"]] = by_type.get(error["type"], 0) + 1
        names = error.get("fieldNames") or [error.get("fieldName")]
        if error["type"] == "primary-key":
            names = schema.primary_key
        for name in names:
            if name:
                by_field[name] = by_field.get(name, 0) + 1
    return by_type, by_field
