"""How many rows Postgres expects a limited log-in to read, by which it sums postings in one way or another."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from saldo.readers.applying import apply_readers
from saldo.readers.loading import Readers
from saldo.readers.reader import Reader
from saldo.warehouse.connection import Connection, connect
from tests.conftest import Cluster

from .logins import login

AGREEMENTS, ACCOUNTS = 20, 50
_BOOKS = (
    "insert into mart.dim_agreement (agreement_key, agreement_id, name, vendor, base_currency) "
    "select n, 'a' || n, 'Agreement ' || n, 'economic', 'DKK' from generate_series(1, %(agreements)s) as n",
    "insert into mart.dim_account (account_key, agreement_key, account_number, name, account_type, section, sort_order, is_deleted) "
    "select a * 1000 + n, a, n::text, 'Account ' || n, 'profit_and_loss', 'Section ' || n / 10, n, false "
    "from generate_series(1, %(agreements)s) as a, generate_series(1, %(accounts)s) as n",
    "insert into mart.dim_customer (customer_key, agreement_key, customer_number, name, is_barred, is_deleted) "
    "select a * 1000 + n, a, n::text, 'Customer ' || n, false, false "
    "from generate_series(1, %(agreements)s) as a, generate_series(1, %(accounts)s) as n",
)


@pytest.fixture(scope="module")
def reader(cluster: Cluster, dsn: str) -> Iterator[Connection]:
    """A log-in that reads one of twenty."""
    with connect(dsn) as owner, login(cluster, dsn, "t_expected", "some") as own:
        for statement in _BOOKS:
            owner.execute(statement.encode(), {"agreements": AGREEMENTS, "accounts": ACCOUNTS})
        owner.execute("analyze mart.dim_agreement, mart.dim_account, mart.dim_customer")
        one = Reader(id="one", login="t_expected", agreements=("a3",), personal=True)
        apply_readers(owner, Readers((one,), ()))
        with connect(own) as found:
            yield found


def expected(reader: Connection, table: str) -> int:
    plan = reader.execute(f"explain (format json) select 1 from mart.{table}".encode()).fetchone()
    assert plan is not None
    return int(plan[0][0]["Plan"]["Plan Rows"])


def test_most_accounts_and_few_customers_are_expected(reader: Connection) -> None:
    """Postings of a log-in are on its own accounts, so that these leave none of them out; registers may be large."""
    rows = AGREEMENTS * ACCOUNTS
    assert expected(reader, "dim_account") > 0.7 * rows
    assert expected(reader, "dim_customer") < 0.3 * rows


@pytest.mark.parametrize(
    "table", ["dim_account", "dim_department", "dim_period", "dim_project", "dim_vat"]
)
def test_whatever_is_expected_only_its_own_are_read(reader: Connection, table: str) -> None:
    found = reader.execute(f"select distinct agreement_key from mart.{table}".encode()).fetchall()
    assert {key for (key,) in found} <= {-1, -2, -3, 3}
    if table == "dim_account":
        assert (3,) in found
