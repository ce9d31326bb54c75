"""What rights to read rest on, so that they cost little: whose keys are looked up, and the index that sums read."""

from __future__ import annotations

import pytest
from psycopg import sql

from saldo.readers.applying import apply_readers
from saldo.readers.loading import Readers
from saldo.readers.reader import Reader
from saldo.warehouse.connection import Connection, connect
from tests.conftest import Cluster

from .books import COMPANIES, fill
from .logins import login

OWN, OTHER = COMPANIES
BOTH = sorted(COMPANIES.values())
SUMS = (
    "select f.agreement_key, date_trunc('month', f.date), f.account_key, sum(f.amount_base) from mart.fact_journal_entries as f group by 1, 2, 3",
    "select d.month, f.account_key, sum(f.amount_base) from mart.fact_journal_entries as f "
    "inner join mart.dim_date as d on d.date_key = f.date_key where d.year = 2026 group by 1, 2",
)


@pytest.fixture(scope="module")
def filled(dsn: str) -> str:
    with connect(dsn) as owner:
        fill(owner)
        # Pages of which everybody sees everything are not looked at for an index alone.
        owner.execute("vacuum (analyze) mart.fact_journal_entries")
    return dsn


@pytest.mark.parametrize(
    ("agreements", "personal", "whole", "masked"),
    [
        ("all", True, BOTH, BOTH),
        ("all", False, [], BOTH),
        ((OWN,), True, [COMPANIES[OWN]], [COMPANIES[OWN]]),
        ((OWN,), False, [], [COMPANIES[OWN]]),
        ((OTHER, OWN, "not yet landed"), True, BOTH, BOTH),
        ((), True, [], []),
        (None, True, [], []),
        ("powerbi", False, BOTH, BOTH),
    ],
    ids=["all", "all-masked", "one", "one-masked", "both", "none", "no-file", "gateway"],
)
def test_the_keys_that_a_role_may_read(
    filled: str, agreements: object, personal: bool, whole: list[int], masked: list[int]
) -> None:
    """And the members unknown, unmapped and not applicable: of those that it may read whole, and of those without what is personal."""
    with connect(filled) as owner, owner.transaction(force_rollback=True):
        role = sql.Identifier("t_keys")
        owner.execute(sql.SQL("create role {}").format(role))
        other = Reader(id="other", login="t_other", agreements="all", personal=True)
        files = [other]
        if agreements == "powerbi":
            owner.execute(sql.SQL("grant powerbi to {}").format(role))
        elif agreements is not None:
            given = {"agreements": agreements, "personal": personal}
            files.append(Reader.model_construct(id="keys", login="t_keys", user=None, **given))
        apply_readers(owner, Readers(tuple(files), ()))
        assert _keys(owner, "true") == [-1, -2, -3, *whole]
        assert _keys(owner, "false") == [-1, -2, -3, *masked]


def _keys(owner: Connection, with_personal: str) -> list[int]:
    row = owner.execute(f"select ops.agreements_of('t_keys', {with_personal})".encode()).fetchone()
    assert row is not None
    return list(row[0])


@pytest.mark.parametrize("query", SUMS, ids=["by-month", "profit-and-loss"])
@pytest.mark.parametrize("reads", ["some", "all"])
def test_sums_read_an_index_alone(cluster: Cluster, filled: str, reads: str, query: str) -> None:
    """Not the rows, which are three times as wide: all that they need is in it, what the policies ask included."""
    with login(cluster, filled, "t_sums", reads) as own, connect(own) as reader:
        reader.execute("set enable_seqscan = off")
        reader.execute("set enable_bitmapscan = off")
        plan = [str(line) for (line,) in reader.execute(f"explain {query}".encode())]
    assert [line for line in plan if "Index Only Scan using fact_journal_entries_summed" in line], (
        plan
    )
