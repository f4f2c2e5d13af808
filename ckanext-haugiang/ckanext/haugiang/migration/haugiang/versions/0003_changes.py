"""A note of every transaction that changes what pages show, so that kept pages can be told from stale ones.

The triggers stand on CKAN's tables too, because no way of writing may go by unseen: actions, workers, the command line, SQL.
They hold no lock that another transaction waits for: each writes a row of its own, named by its own number. What pages do
not show (heartbeats and stages of a check, when somebody was last seen) is not noted. adapters/changes.py reads the notes;
docs/decisions/0005-pages-kept-until-something-changes.md says why.
"""

from __future__ import annotations

from alembic import op

revision = "haugiang_0003"
down_revision = "haugiang_0002"
branch_labels = None
depends_on = None

# Table: columns whose change counts; none named means all.
WATCHED = {
    "package": (),
    "package_extra": (),
    "package_relationship": (),
    "package_tag": (),
    "resource": (),
    "resource_view": (),
    "tag": (),
    "vocabulary": (),
    "group": (),
    "group_extra": (),
    "member": (),
    "system_info": (),
    "user": ("name", "fullname", "about", "state", "sysadmin", "image_url"),
    "haugiang_file": (),
    "haugiang_publication": (),
    "haugiang_report": (),
    "haugiang_run": (
        *("state", "verdict", "published", "published_at", "finished", "table_schema", "file_name"),
        *("rows", "errors", "warnings", "changes", "error_code", "error_params"),
    ),
}
TRIGGERS = ("haugiang_note", "haugiang_note_truncate")
NOTES = """
CREATE TABLE haugiang_change (
    xid xid8 PRIMARY KEY DEFAULT pg_current_xact_id(),
    at timestamptz NOT NULL DEFAULT clock_timestamp()
);
COMMENT ON TABLE haugiang_change IS 'Transactions that changed what pages show; rows of yesterday may be deleted';
"""
# As its owner, so that whoever may write to a watched table need not be allowed to write to this one.
FUNCTION = """
CREATE OR REPLACE FUNCTION haugiang_note() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$
BEGIN
    INSERT INTO haugiang_change DEFAULT VALUES ON CONFLICT (xid) DO NOTHING;
    RETURN NULL;
END $$
"""


def upgrade() -> None:
    """Watch the tables."""
    op.execute(NOTES)
    op.execute(FUNCTION)
    # Where it stands now, so that nobody's search path leads it elsewhere.
    alter = "format('ALTER FUNCTION haugiang_note() SET search_path = %I, pg_temp', current_schema())"
    op.execute(f"DO $$ BEGIN EXECUTE {alter}; END $$")
    for table, columns in WATCHED.items():
        names = ", ".join(f'"{name}"' for name in columns)
        events = f"INSERT OR DELETE OR UPDATE{f' OF {names}' if names else ''}"
        _on(table, TRIGGERS[0], f"AFTER {events} ON")
        _on(table, TRIGGERS[1], "AFTER TRUNCATE ON")


def _on(table: str, trigger: str, when: str) -> None:
    # A table that another version of CKAN does not have needs no watch.
    op.execute(
        f"""DO $$ BEGIN IF to_regclass('"{table}"') IS NOT NULL THEN
        CREATE TRIGGER {trigger} {when} "{table}" FOR EACH STATEMENT EXECUTE FUNCTION haugiang_note();
        END IF; END $$"""
    )


def downgrade() -> None:
    """Stop watching; pages are not kept any more."""
    for table in WATCHED:
        for trigger in TRIGGERS:
            exists = f"""to_regclass('"{table}"') IS NOT NULL"""
            op.execute(f"""DO $$ BEGIN IF {exists} THEN DROP TRIGGER IF EXISTS {trigger} ON "{table}"; END IF; END $$""")
    op.execute("DROP FUNCTION IF EXISTS haugiang_note()")
    op.execute("DROP TABLE IF EXISTS haugiang_change")
