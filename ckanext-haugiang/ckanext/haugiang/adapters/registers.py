"""The registers a table schema refers to: code lists of the package, and tables that this portal itself publishes.

A table schema whose name is a register's name (``env_station``) makes its published tables that register: a result at a
station is checked against the stations that are published now.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import sqlalchemy as sa
from ckan import model

from ckanext.haugiang.adapters.files import store
from ckanext.haugiang.adapters.package_data import catalogue
from ckanext.haugiang.core.errors import UnknownRegister
from ckanext.haugiang.core.schema import TableSchema
from ckanext.haugiang.model import publication_table

if TYPE_CHECKING:
    import pyarrow as pa


def find(schema: TableSchema) -> dict[str, pa.Table]:
    """Every register of a schema, all columns text.

    Raises:
        UnknownRegister: ``register-missing`` if one is neither a code list nor published.
    """
    return {name: _one(name) for name in schema.registers()}


def _one(name: str) -> pa.Table:
    try:
        return catalogue().register(name)
    except UnknownRegister:
        hashes = _published(name)
        if not hashes:
            raise
    import pyarrow as pa
    from pyarrow import csv

    tables = []
    for sha256 in hashes:
        path = store().path(sha256)
        with path.open("rb") as stream:
            header = stream.readline().decode("utf-8").rstrip("\n").split(",")
        texts = csv.ConvertOptions(column_types=dict.fromkeys(header, pa.string()), strings_can_be_null=True)
        tables.append(csv.read_csv(path, convert_options=texts))
    return pa.concat_tables(tables, promote_options="default")


def _published(name: str) -> list[str]:
    p, package = publication_table.c, model.package_table.c
    query = (
        sa.select(p.table_sha256)
        .join(model.package_table, package.id == p.package_id)
        .where(p.table_schema.like(f"{name.replace('_', chr(92) + '_')}@%"), package.state == "active")
        .where(package.private.is_(False))
        .order_by(p.published_at, p.resource_id)
    )
    with model.meta.engine.begin() as db:
        return list(db.execute(query).scalars())
