"""Airflow's own database, by the connection `airflow_metadata`.

Airflow hides its configured database from every task, whatever the executor. What cleans it takes a
connection like any other, which an operator may also give a role of its own.
"""

from __future__ import annotations

from sqlalchemy import URL, create_engine, text
from sqlalchemy.exc import OperationalError
from sqlalchemy.pool import NullPool

from saldo.errors import ConfigError, SaldoError

from .connections import get_connection, required

CONN_ID = "airflow_metadata"
_LIBPQ = ("sslmode", "sslrootcert", "sslcert", "sslkey")


def metadata_url() -> URL:
    """An address for SQLAlchemy; it holds the password and is never logged. Raises ConfigError."""
    connection = get_connection(
        CONN_ID,
        needed_by="cleaning Airflow's own database (switched off by SALDO_RETENTION=airflow=keep,"
        "airflow.watch=keep,airflow.log=keep)",
    )
    if connection.conn_type not in ("postgres", "postgresql"):
        raise ConfigError(
            f"the Airflow connection {CONN_ID!r} is of type {connection.conn_type!r}; Airflow's database "
            "must be a Postgres, and the connection of type postgres"
        )
    extra = {name: str(value) for name, value in connection.extra_dejson.items() if name in _LIBPQ}
    return URL.create(
        "postgresql+psycopg2",
        username=required(connection.login, conn_id=CONN_ID, field="login"),
        password=connection.password,
        host=required(connection.host, conn_id=CONN_ID, field="host"),
        port=connection.port or 5432,
        database=required(connection.schema, conn_id=CONN_ID, field="schema (the database)"),
        query=extra,
    )


def check_metadata(url: URL) -> None:
    """Raises ConfigError when it is another database, SaldoError when it cannot be reached."""
    engine = create_engine(url, poolclass=NullPool, connect_args={"connect_timeout": 10})
    try:
        with engine.connect() as connection:
            found = connection.execute(text("select to_regclass('dag_run') is not null")).scalar()
    except OperationalError as error:
        said = str(error.orig).strip().splitlines() or ["no detail"]
        raise SaldoError(
            f"Airflow's own database cannot be reached from this worker ({said[0]}). Check the Airflow "
            f"connection {CONN_ID!r} and the network between them"
        ) from None
    if not found:
        raise ConfigError(
            f"the Airflow connection {CONN_ID!r} names the database {url.database!r}, which is not "
            "Airflow's: it has no table dag_run; correct its schema"
        )
