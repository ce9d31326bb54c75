"""What every hook with a Test button shares: a client of the connection, asked whether it works."""

from __future__ import annotations

from typing import Generic, Protocol, TypeVar

from airflow.sdk import BaseHook, Connection

from saldo.errors import ConfigError, Unavailable
from saldo.keys import allowed_keys
from saldo.transport import Policy

from .connections import get_connection, vendor_connection

#: For somebody who waits: one try, and short.
_TEST = Policy(max_tries=1, connect_timeout_s=5, read_timeout_s=15, answer_timeout_s=20)


class Checked(Protocol):
    def check_connection(self) -> str:
        """What the connection opens, in a sentence; raises ConfigError that says what to change."""


C = TypeVar("C", bound=Checked)


class CheckedHook(BaseHook, Generic[C]):
    """A hook of a vendor says conn_type, hook_name, default_conn_name, and how a connection becomes a client."""

    conn_name_attr = "conn_id"
    default_conn_name: str

    def __init__(self, conn_id: str | None = None) -> None:
        """conn_id: the connection that is tested; clients of agreements take their agreement's own."""
        super().__init__()
        self.conn_id = conn_id or self.default_conn_name
        self._saved_as: str | None = None

    def connection(self, conn_id: str, *, needed_by: str) -> Connection:
        """A connection whose key may be used here and now. Raises ConfigError, Unavailable."""
        return vendor_connection(conn_id, needed_by=needed_by, alias=self._saved_as)

    def client_by_id(self, conn_id: str, agreement_id: str, *, needed_by: str, policy: Policy) -> C:
        """agreement_id, needed_by: for messages. Raises ConfigError when the connection is missing, or a
        field of it."""
        raise NotImplementedError

    def test_connection(self) -> tuple[bool, str]:
        """What Airflow's Test button shows: what the connection opens, or in words what is wrong."""
        conn_id = self.conn_id
        try:
            self._saved_as = _allowed_twin(conn_id)
            client = self.client_by_id(conn_id, conn_id, needed_by="this test", policy=_TEST)
            return True, client.check_connection()
        except ConfigError as error:
            # Airflow tests under a name of the moment, which means nothing to anybody.
            return False, str(error).replace(
                f"the Airflow connection {conn_id!r}", "this connection"
            )


def _allowed_twin(conn_id: str) -> str | None:
    """The id under which the same key is saved and allowed: a Test does not know which connection it tests."""
    tested = get_connection(conn_id, needed_by="this test")
    for id in allowed_keys():
        try:
            saved = get_connection(id, needed_by="this test")
        except (ConfigError, Unavailable):
            continue
        if tested.password and saved.password == tested.password:
            return id
    return None
