"""The embedded PostgreSQL: one data folder, one private socket, passwords for every role."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote, urlencode

from ckanext.haugiang.launch.home import LaunchError, say
from ckanext.haugiang.launch.processes import die_with_parent
from ckanext.haugiang.launch.wheels import environment, package, program

ADMIN, OWNER, WRITE, READ = "haugiang_admin", "haugiang_owner", "haugiang_write", "haugiang_read"
DATABASE, DATASTORE = "haugiang", "haugiang_datastore"
PASSWORDS = {ADMIN: "postgres_admin", OWNER: "postgres_owner", WRITE: "postgres_write", READ: "postgres_read"}
# Readers of a provincial portal are many and short; the workers sort and build indexes. Times are UTC as in CKAN.
# Nobody replicates this server, so a table that is built whole goes to the disk once, not first into the log as well.
# This build compresses the log with pglz alone, which is slower than the disk.
CONFIGURATION = """\
listen_addresses = ''
unix_socket_permissions = 0700
max_connections = 100
shared_buffers = 128MB
work_mem = 8MB
maintenance_work_mem = 128MB
wal_level = minimal
max_wal_senders = 0
max_wal_size = 1GB
min_wal_size = 80MB
wal_compression = off
jit = off
huge_pages = off
temp_file_limit = 4GB
idle_in_transaction_session_timeout = 1h
password_encryption = scram-sha-256
default_text_search_config = 'pg_catalog.simple'
timezone = 'UTC'
log_timezone = 'UTC'
log_min_messages = warning
log_min_error_statement = panic
log_checkpoints = off
log_min_duration_statement = 5s
log_parameter_max_length = 0
log_parameter_max_length_on_error = 0
"""
ROLE = """\
SELECT 'CREATE ROLE {role}' WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = '{role}')\\gexec
ALTER ROLE {role} NOSUPERUSER NOCREATEDB NOCREATEROLE LOGIN PASSWORD '{password}';
"""
READER = "REVOKE CONNECT ON DATABASE postgres, template1 FROM PUBLIC;\n"
READER += f"ALTER ROLE {READ} SET statement_timeout = '60s'; ALTER ROLE {READ} SET temp_file_limit = '1GB';\n"
DATABASE_OF = """\
SELECT 'CREATE DATABASE {name} OWNER {role}' WHERE NOT EXISTS (SELECT FROM pg_database WHERE datname = '{name}')\\gexec
REVOKE ALL ON DATABASE {name} FROM PUBLIC;
"""
CLIENTS = "local all all scram-sha-256\n"


@dataclass(frozen=True)
class Postgres:
    """A PostgreSQL server of ours.

    Attributes:
        data: its data folder.
        sockets: the folder of its socket.
        secrets: the passwords of its roles.
        user: who runs it, when root starts it for a test.
        throwaway: the data may be lost, so do not wait for the disk.
    """

    data: Path
    sockets: Path
    secrets: Mapping[str, str]
    user: int | None = None
    throwaway: bool = False

    def program(self, name: str) -> str:
        """A program of the wheel, where its user can run it."""
        return str(program(name, everyone=self.user is not None))

    def url(self, role: str, database: str) -> str:
        """An address for SQLAlchemy and libpq."""
        password = quote(self.secrets[PASSWORDS[role]], safe="")
        return f"postgresql://{role}:{password}@/{database}?{urlencode({'host': self.sockets}, safe='/')}"

    def prepare(self) -> None:
        """Make the data folder, whole or not at all: it is built beside and renamed when it is complete.

        A folder that holds something else, or another major version's data, is never written over.
        """
        for rest in self.data.parent.glob(f"{self.data.name}.new-*"):  # a start was killed here
            shutil.rmtree(rest) if rest.is_dir() else rest.unlink()
        version = self.data / "PG_VERSION"
        if self.data.exists() and not (version.exists() and (self.data / "global" / "pg_control").exists()):
            aside = self.data.with_name(f"{self.data.name}.damaged-{time.strftime('%Y%m%d-%H%M%S')}")
            if any(self.data.iterdir()):
                self.data.rename(aside)
                say(f"  {self.data} was not a complete database; it is kept as {aside.name} and a new one is made.")
        if not version.exists():
            self._initdb()
        ours = self._version()
        if version.read_text(encoding="ascii").strip() != ours:
            raise LaunchError(
                f"{self.data} is of PostgreSQL {version.read_text(encoding='ascii').strip()}, this portal has {ours}: "
                "make a backup with the earlier portal, move the folder away, then make restore FROM=the backup."
            )
        fast = "fsync = off\nsynchronous_commit = off\nfull_page_writes = off\n" if self.throwaway else ""
        self._write("haugiang.conf", f"{CONFIGURATION}{fast}unix_socket_directories = '{self.sockets}'\n")
        self._write("pg_hba.conf", CLIENTS)

    def _write(self, name: str, text: str) -> None:
        path = self.data / name
        path.write_text(text, encoding="utf-8")
        path.chmod(0o600)
        if self.user is not None:
            os.chown(path, self.user, -1)

    def _version(self) -> str:
        words = subprocess.run(
            [self.program("postgres"), "--version"], capture_output=True, text=True, check=True, env=environment()
        )
        return words.stdout.split()[-1].split(".")[0]

    def _initdb(self) -> None:
        fresh = Path(tempfile.mkdtemp(prefix=f"{self.data.name}.new-", dir=self.data.parent))
        password = fresh.with_name(fresh.name + "-password")
        password.touch(mode=0o600)
        password.write_text(self.secrets["postgres_admin"], encoding="ascii")
        if self.user is not None:
            for path in (fresh, password):
                os.chown(path, self.user, -1)
        # CKAN's full-text triggers use the database's configuration, and the English one stems "Thủy" to "thủi".
        command = [self.program("initdb"), "--pgdata", str(fresh), "--username", ADMIN, "--pwfile", str(password)]
        command += ["--auth=scram-sha-256", "--encoding=UTF8", "--locale=C.UTF-8", "--text-search-config=simple"]
        command += ["--no-sync", "--no-instructions"] if self.throwaway else ["--no-instructions"]
        try:
            result = subprocess.run(
                command, capture_output=True, text=True, check=False, env=environment(), user=self.user,
                preexec_fn=die_with_parent(signal.SIGKILL),
            )  # fmt: skip
        finally:
            password.unlink()
        if result.returncode:
            shutil.rmtree(fresh, ignore_errors=True)
            raise LaunchError(f"initdb failed: {(result.stderr.strip() or result.stdout.strip()).splitlines()[-1]}")
        with (fresh / "postgresql.conf").open("a", encoding="utf-8") as handle:
            handle.write("\ninclude 'haugiang.conf'  # written by the portal's launcher at each start\n")
        with contextlib.suppress(FileNotFoundError):
            self.data.rmdir()
        fresh.rename(self.data)

    def command(self) -> list[str]:
        """The server in the foreground."""
        return [self.program("postgres"), "-D", str(self.data)]

    def ready(self, pid: int) -> bool:
        """Whether the server of that process number takes connections."""
        try:
            lines = (self.data / "postmaster.pid").read_text(encoding="utf-8").split("\n")
        except OSError:
            return False
        return len(lines) > 7 and lines[0].strip() == str(pid) and lines[7].strip() == "ready"

    @contextlib.contextmanager
    def running(self) -> Iterator[None]:
        """Run the server for a while (backups and tests)."""
        logs = self.data.parent / "logs"
        log = (logs if logs.is_dir() else self.data.parent) / "postgres.log"
        with log.open("ab") as output:
            server = subprocess.Popen(
                self.command(), stdin=subprocess.DEVNULL, stdout=output, stderr=output, env=environment(),
                user=self.user, start_new_session=True, preexec_fn=die_with_parent(signal.SIGQUIT),
            )  # fmt: skip
        try:
            deadline = time.monotonic() + 60
            while not self.ready(server.pid):
                if server.poll() is not None or time.monotonic() > deadline:
                    raise LaunchError(f"PostgreSQL did not start: see {log}.")
                time.sleep(0.05)
            yield
        finally:
            server.send_signal(signal.SIGINT)
            try:
                server.wait(30)
            except subprocess.TimeoutExpired:
                server.send_signal(signal.SIGQUIT)
                server.wait()

    def sql(self, text: str, database: str = "postgres") -> str:
        """Run SQL as the administrator and give its output, unaligned."""
        command = [
            self.program("psql"),
            "--no-psqlrc",
            "-qAtX",
            "-v",
            "ON_ERROR_STOP=1",
            "-h",
            str(self.sockets),
            "-U",
            ADMIN,
            database,
        ]
        environ = environment() | {"PGPASSWORD": self.secrets["postgres_admin"]}
        result = subprocess.run(command, input=text, capture_output=True, text=True, check=False, env=environ)
        if result.returncode:
            raise LaunchError(f"PostgreSQL refused: {result.stderr.strip().splitlines()[-1]}")
        return result.stdout

    def create(self, *, main: bool = True) -> None:
        """Make the roles and databases that are missing, set the roles' passwords and rights to this installation's.

        Args:
            main: CKAN's own database is here too, not only the DataStore's.
        """
        # The statements go through standard input: passwords would show in the list of processes otherwise.
        self.sql("".join(ROLE.format(role=role, password=self.secrets[PASSWORDS[role]]) for role in (OWNER, WRITE, READ)))
        self.sql(READER + DATABASE_OF.format(name=DATABASE, role=OWNER) + DATABASE_OF.format(name=DATASTORE, role=WRITE))
        owner, line = (OWNER, "") if main else (WRITE, "REVOKE CONNECT ON DATABASE")
        template = (package("ckanext.datastore") / "set_permissions.sql").read_text(encoding="utf-8")
        kept = "\n".join(text for text in template.splitlines() if not (line and text.startswith(line)))
        self.sql(kept.format(maindb=DATABASE, datastoredb=DATASTORE, mainuser=owner, writeuser=WRITE, readuser=READ))
