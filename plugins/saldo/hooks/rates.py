"""From the connection saldo_rates_<bank>, where there is one, to the client of a bank."""

from __future__ import annotations

from saldo.banks import BANKS
from saldo.banks.client import RatesClient
from saldo.declarations.connection_form import Fields
from saldo.transport import Caller, Policy

from .connections import check_key, find_connection


def rates_client(bank: str, *, policy: Policy | None = None) -> RatesClient:
    """The client of a bank by its name; without a connection it asks the bank's own address without a key.

    Raises ConfigError when there is a connection that cannot be read, or whose key may not be used here and now;
    Unavailable when a secrets backend does not answer.
    """
    conn_id, fields = f"saldo_rates_{bank}", Fields()
    connection = find_connection(conn_id, needed_by=f"rates {bank!r}")
    if connection is not None:
        check_key(connection)
        fields = Fields.of(
            host=connection.host,
            login=connection.login,
            password=connection.password,
            extra=connection.extra_dejson,
        )
    caller = Caller(BANKS[bank].title, bank, conn_id, kind="rates")
    return RatesClient(BANKS[bank], caller, fields=fields, policy=policy)
