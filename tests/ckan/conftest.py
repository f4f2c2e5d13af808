"""Fixtures for everything that runs inside CKAN with PostgreSQL and Redis."""

from __future__ import annotations

import pytest
import sqlalchemy as sa
from ckan.common import config
from ckanext.datastore.cli import permissions_sql
from sqlalchemy.engine import make_url

pytest_plugins = ["ckanext.datastore.tests.conftest"]


@pytest.fixture(scope="session", autouse=True)
def datastore_permissions():
    """What ``ckan datastore set-permissions`` prints, done once where it was not done."""
    url = config["ckan.datastore.write_url"]
    sql = permissions_sql(
        *(
            make_url(config["sqlalchemy.url"]).database,
            make_url(url).database,
            make_url(config["sqlalchemy.url"]).username,
        ),
        *(make_url(url).username, make_url(config["ckan.datastore.read_url"]).username),
    )
    engine = sa.create_engine(url, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        if connection.exec_driver_sql("SELECT to_regclass('_table_metadata')").scalar() is None:
            connection.exec_driver_sql(sql.partition("\\connect")[2].partition("\n")[2].replace("%", "%%"))
    engine.dispose()


@pytest.fixture
def clean_db(reset_db, migrate_db_for):
    """CKAN's tables and ours, empty."""
    reset_db()
    migrate_db_for("haugiang")
    migrate_db_for("activity")


@pytest.fixture(autouse=True)
def storage(ckan_config, monkeypatch, tmp_path):
    """A storage folder of its own for each test."""
    monkeypatch.setitem(ckan_config, "ckan.storage_path", str(tmp_path / "storage"))
    return tmp_path / "storage"
