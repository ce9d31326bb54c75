"""The warehouse's connection `saldo_warehouse` as a DSN for psycopg 3."""

from __future__ import annotations

from airflow.providers.postgres.hooks.postgres import PostgresHook
from psycopg.conninfo import make_conninfo

from .connections import get_connection

#: libpq settings a connection's extra may carry.
_LIBPQ = ("sslmode", "sslrootcert", "sslcert", "sslkey", "application_name", "connect_timeout")


class WarehouseHook(PostgresHook):
    """PostgresHook on `saldo_warehouse`; what lands and transforms takes its own connection by DSN."""

    default_conn_name = "saldo_warehouse"

    def dsn(self) -> str:
        """A libpq connection string; it holds the password and is never logged."""
        connection = get_connection(self.default_conn_name, needed_by="Saldo")
        extra = {k: v for k, v in connection.extra_dejson.items() if k in _LIBPQ}
        return make_conninfo(
            host=connection.host,
            port=connection.port or 5432,
            user=connection.login,
            password=connection.password,
            dbname=connection.schema or "saldo",
            **extra,
        )
