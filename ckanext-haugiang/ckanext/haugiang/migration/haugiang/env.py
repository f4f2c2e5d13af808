"""Alembic's environment for the tables of this plugin; its version table is ``haugiang_alembic_version``."""

from __future__ import annotations

from alembic import context
from ckan.model.meta import metadata
from sqlalchemy import engine_from_config, pool

VERSIONS = "haugiang_alembic_version"


def offline() -> None:
    """Print the statements instead of running them."""
    context.configure(
        url=context.config.get_main_option("sqlalchemy.url"),
        target_metadata=metadata,
        literal_binds=True,
        version_table=VERSIONS,
    )
    with context.begin_transaction():
        context.run_migrations()


def online() -> None:
    """Run the migrations in one transaction."""
    section = context.config.get_section(context.config.config_ini_section) or {}
    engine = engine_from_config(section, prefix="sqlalchemy.", poolclass=pool.NullPool)
    with engine.connect() as connection:
        context.configure(connection=connection, target_metadata=metadata, version_table=VERSIONS)
        with context.begin_transaction():
            context.run_migrations()


if context.is_offline_mode():
    offline()
else:
    online()
