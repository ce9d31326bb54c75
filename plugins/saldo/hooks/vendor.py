"""The hook of a vendor's connection: connection -> client, and the Test button. What differs is the vendor's."""

from __future__ import annotations

from typing import Any

from airflow.sdk import BaseHook, Connection

from saldo.agreements.agreement import Agreement
from saldo.declarations.connection_form import Fields
from saldo.declarations.keys import allowed_keys
from saldo.errors import ConfigError, Unavailable
from saldo.transport import Caller, Policy
from saldo.vendors.vendor import Vendor

from .connections import get_connection, vendor_connection

#: For a person who waits: one try, with short timeouts.
_TEST = Policy(max_tries=1, connect_timeout_s=5, read_timeout_s=15, answer_timeout_s=20)


class VendorHook(BaseHook):
    """Reads the connection an agreement names. A vendor's hook says which vendor it is of."""

    conn_name_attr = "conn_id"
    vendor: Vendor

    def __init_subclass__(cls, **more: Any) -> None:
        """What Airflow asks of the hook of a connection type."""
        super().__init_subclass__(**more)
        cls.conn_type = cls.vendor.name
        cls.hook_name = cls.vendor.title
        cls.default_conn_name = f"{cls.vendor.name}_default"

    def __init__(self, conn_id: str | None = None) -> None:
        """conn_id: the connection that is tested; clients of agreements take their agreement's own."""
        super().__init__()
        self.conn_id = conn_id or self.default_conn_name
        self._saved_as: str | None = None

    def client(self, agreement: Agreement, *, policy: Policy | None = None) -> Any:
        """See Vendor.client_of. policy: in place of the agreement's own, where a person waits for the answer."""
        own = Policy(max_tries=agreement.http.max_tries, max_wait_s=agreement.http.max_wait_s)
        return self.client_by_id(
            agreement.connection,
            agreement.id,
            needed_by=f"agreement {agreement.id!r}",
            policy=policy or own,
        )

    def client_by_id(
        self, conn_id: str, agreement_id: str, *, needed_by: str, policy: Policy
    ) -> Any:
        """agreement_id, needed_by: for messages. Raises ConfigError when the connection is missing, a field of
        it, or its key may not be used here and now; Unavailable."""
        connection = vendor_connection(conn_id, needed_by=needed_by, alias=self._saved_as)
        caller = Caller(self.vendor.name, agreement_id, conn_id)
        return self.vendor.client_of(_fields(connection), caller, policy)

    def addresses(self, agreement: Agreement) -> list[str]:
        """The base addresses of an agreement's services, for a look from outside."""
        connection = get_connection(agreement.connection, needed_by=f"agreement {agreement.id!r}")
        fields, form = _fields(connection), self.vendor.form
        return [fields[name] or form[name].default for name in self.vendor.addresses]

    def test_connection(self) -> tuple[bool, str]:
        """What Airflow's Test button shows: what the connection opens, or what is wrong."""
        conn_id = self.conn_id
        try:
            self._saved_as = _allowed_twin(conn_id)
            client = self.client_by_id(conn_id, conn_id, needed_by="this test", policy=_TEST)
            return True, self.vendor.check_connection(client)
        except ConfigError as error:
            # Airflow tests under a temporary id, which means nothing to anybody.
            return False, str(error).replace(
                f"the Airflow connection {conn_id!r}", "this connection"
            )


def _fields(connection: Connection) -> Fields:
    return Fields.of(
        host=connection.host,
        login=connection.login,
        password=connection.password,
        extra=connection.extra_dejson,
    )


def _allowed_twin(conn_id: str) -> str | None:
    """The id under which the same key is saved and allowed: a Test does not know which connection
    it tests."""
    tested = get_connection(conn_id, needed_by="this test")
    for id in allowed_keys():
        try:
            saved = get_connection(id, needed_by="this test")
        except (ConfigError, Unavailable):
            continue
        if tested.password and saved.password == tested.password:
            return id
    return None
