"""The warehouse's schema: numbered SQL files, applied once and in order by Alembic.

Alembic keeps the order and the mark of what was applied; the files stay plain SQL (NNNN_what.sql), each
a revision that follows the one before. All pending files and their marks commit in one transaction
under a lock, so that tasks that start together apply once and a kill leaves nothing half done.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any

import psycopg

from saldo.errors import Busy, ConfigError
from saldo.paths import SQL_DIR

from .blockers import Blockers
from .connection import Connection, connect

if TYPE_CHECKING:
    from alembic.script import Script

MIGRATIONS_DIR = SQL_DIR / "migrations"
_NAME = re.compile(r"(\d{4})_\w+\.sql")
_LOCK = "saldo migrations"
#: How long a table that somebody else works on is waited for; then all of it is given back, and tried again later.
LOCK_WAIT_S = 20
#: Beside Alembic's mark of the newest revision: which file each was, and its checksum.
_TABLE = """
create schema if not exists ops;
create table if not exists ops.migration (
    version text primary key,
    file text not null,
    checksum text not null,
    applied_at timestamptz not null
);
"""


@dataclass(frozen=True)
class Migration:
    """A numbered file, and its checksum."""

    version: str
    path: Path
    checksum: str


def migrate(dsn: str, directory: Path = MIGRATIONS_DIR) -> list[str]:
    """Bring the warehouse up to date; returns the versions applied now.

    Raises ConfigError when an applied file was edited or is missing (history is never rewritten), Busy where somebody
    works on a table that a migration needs for itself: nothing was applied, and Airflow tries the task again.
    """
    migrations = read_migrations(directory)
    with connect(dsn) as connection:
        if not _pending(connection, migrations):
            return []
    return _apply(dsn, migrations)


def pending(connection: Connection, directory: Path = MIGRATIONS_DIR) -> list[Migration]:
    """Migrations that the next task will apply; writes nothing. Raises ConfigError as `migrate` does."""
    return _pending(connection, read_migrations(directory))


def read_migrations(directory: Path) -> list[Migration]:
    """The files in order. Raises ConfigError on a name or numbering that is off."""
    migrations: list[Migration] = []
    for path in sorted(directory.glob("*.sql")):
        match = _NAME.fullmatch(path.name)
        if not match or int(match[1]) != len(migrations) + 1:
            raise ConfigError(
                f"{path}: migrations are named NNNN_what.sql and numbered without gaps; the next is "
                f"{len(migrations) + 1:04d}"
            )
        migrations.append(Migration(match[1], path, hashlib.sha256(path.read_bytes()).hexdigest()))
    return migrations


def _pending(connection: Connection, migrations: Sequence[Migration]) -> list[Migration]:
    """Migrations not applied yet, after checking those that are."""
    known = connection.execute("select to_regclass('ops.migration')").fetchone()
    if known is None or known[0] is None:
        return list(migrations)
    rows = connection.execute("select version, file, checksum from ops.migration order by version")
    applied = {version: (file, checksum) for version, file, checksum in rows}
    files = {migration.version: migration for migration in migrations}
    for version, (file, checksum) in applied.items():
        if version not in files:
            raise ConfigError(
                f"migration {file} was applied to this warehouse, but its file is gone: bring it back, "
                "or deploy the version of Saldo this warehouse belongs to"
            )
        if files[version].checksum != checksum:
            raise ConfigError(
                f"migration {file} was edited after it was applied: restore it and write the change "
                "as a new numbered file"
            )
    return [migration for migration in migrations if migration.version not in applied]


def _apply(dsn: str, migrations: Sequence[Migration]) -> list[str]:
    """Everything pending, in one transaction; whoever comes second finds nothing left to do."""
    from sqlalchemy import create_engine, text
    from sqlalchemy.pool import NullPool

    def dial() -> Connection:
        connection = connect(dsn)
        connection.autocommit = False
        return connection

    engine = create_engine("postgresql+psycopg://", creator=dial, poolclass=NullPool)
    with engine.begin() as session:
        connection: Connection = session.connection.driver_connection  # type: ignore[assignment]
        session.execute(
            text("select pg_advisory_xact_lock(hashtextextended(:name, 0))"), {"name": _LOCK}
        )
        pending = _pending(connection, migrations)
        if not pending:
            return []
        with _saying_who_blocks(dsn, connection):
            _run(session, connection, migrations)
    return [migration.version for migration in pending]


@contextmanager
def _saying_who_blocks(dsn: str, connection: Connection) -> Iterator[None]:
    """Waits for tables, but not for long: whoever comes after waits behind a lock that is waited for, readers too. Raises Busy."""
    connection.execute(f"set local lock_timeout = '{LOCK_WAIT_S}s'".encode())
    blockers = Blockers(dsn, connection.info.backend_pid, LOCK_WAIT_S / 40)
    try:
        with blockers:
            yield
    except (psycopg.errors.DeadlockDetected, psycopg.errors.LockNotAvailable) as error:
        raise Busy(
            f"the warehouse's migrations waited in vain for a table that somebody else works on, and applied nothing. {blockers.words()}"
        ) from error


def _run(session: Any, connection: Connection, migrations: Sequence[Migration]) -> None:
    from alembic.config import Config
    from alembic.runtime.environment import EnvironmentContext

    connection.execute(_TABLE)
    scripts = _scripts(connection, migrations)
    with EnvironmentContext(
        Config(), scripts, fn=lambda revision, _: scripts._upgrade_revs("head", revision)
    ) as context:
        context.configure(
            connection=session, version_table="migration_head", version_table_schema="ops"
        )
        context.run_migrations()
    _guard(connection)


def _guard(connection: Connection) -> None:
    """Whatever the new migrations added to the mart is read by those who may (docs/rights.md), or nothing is applied."""
    known = connection.execute("select to_regprocedure('ops.guard_mart()')").fetchone()
    if known and known[0]:
        try:
            connection.execute("select ops.guard_mart()")
        except psycopg.errors.RaiseException as error:
            raise ConfigError(
                f"the warehouse's migrations would leave something of the mart unguarded, and left nothing behind: {error.diag.message_primary}"
            ) from error


def _scripts(connection: Connection, migrations: Sequence[Migration]) -> Any:
    """Alembic's directory of revisions, made from the SQL files instead of Python modules."""
    from alembic.script import Script, ScriptDirectory

    class SqlFiles(ScriptDirectory):
        def _load_revisions(self) -> Iterator[Script]:
            previous = None
            for migration in migrations:
                module = ModuleType(f"migration_{migration.version}")
                module.revision = migration.version  # type: ignore[attr-defined]
                module.down_revision = previous  # type: ignore[attr-defined]
                module.upgrade = _upgrade(connection, migration)  # type: ignore[attr-defined]
                yield Script(module, migration.version, str(migration.path))
                previous = migration.version

    return SqlFiles(str(MIGRATIONS_DIR))


def _upgrade(connection: Connection, migration: Migration) -> Callable[[], None]:
    def upgrade() -> None:
        try:
            connection.execute(migration.path.read_bytes(), prepare=False)
        except (psycopg.ProgrammingError, psycopg.DataError, psycopg.IntegrityError) as error:
            raise ConfigError(
                f"migration {migration.path.name} failed and left nothing behind: {error}"
            ) from error
        connection.execute(
            "insert into ops.migration values (%s, %s, %s, statement_timestamp())",
            [migration.version, migration.path.name, migration.checksum],
        )

    return upgrade
