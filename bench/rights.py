"""What row-level security costs: usual queries of reports by log-ins, beside the same by the owner, who is asked nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass

import psycopg
from psycopg import sql
from psycopg.conninfo import make_conninfo

from saldo.readers.applying import apply_readers
from saldo.readers.loading import Readers
from saldo.readers.reader import Reader
from saldo.warehouse.connection import Connection, connect

from . import many, masked, star
from .cluster import Cluster
from .measure import Lap
from .targets import Laps, Target
from .turns import Asked, compared, in_turns

AGREEMENTS, TIMES, MOST = 20, 9, 1.10
SECTION = f"Reports of the postings of {AGREEMENTS} agreements, median of {TIMES}"
_DATABASE, _PASSWORD = "rights_bench", "bench"
#: Who asks -> the role that the log-in is in, and the agreements that its file gives it; None: it needs no file.
LOGINS: dict[str, tuple[str, tuple[str, ...] | None]] = {
    "all, as the gateway": ("powerbi", None),
    "one agreement": ("saldo_reader", ("a3",)),
    "five agreements": ("saldo_reader", tuple(f"a{n}" for n in range(1, 6))),
}
QUERIES = {
    "import of the facts": (
        "copy (select journal_entry_key, agreement_key, date_key, account_key, department_key, customer_key, text, amount_base "
        "from mart.fact_journal_entries as f {where}) to stdout"
    ),
    "import of a month": (
        "copy (select journal_entry_key, account_key, text, amount_base from mart.fact_journal_entries as f {where} "
        "and f.date >= '2025-06-01' and f.date < '2025-07-01') to stdout"
    ),
    "sum by month and account": (
        "copy (select f.agreement_key, date_trunc('month', f.date), f.account_key, sum(f.amount_base) "
        "from mart.fact_journal_entries as f {where} group by 1, 2, 3) to stdout"
    ),
    "profit and loss by section": (
        "copy (select a.section, d.year, d.month, sum(f.amount_base) from mart.fact_journal_entries as f "
        "join mart.dim_account as a on a.account_key = f.account_key join mart.dim_date as d on d.date_key = f.date_key {where} "
        "and d.year = 2025 group by 1, 2, 3) to stdout"
    ),
    "page of DirectQuery": (
        "copy (select f.date, f.voucher_number, f.text, a.name, f.amount_base from mart.fact_journal_entries as f "
        "join mart.dim_account as a on a.account_key = f.account_key {where} and f.account_key in (300003, 300023) "
        "order by f.date desc limit 501) to stdout"
    ),
}  # fmt: skip
_BOOKS = (
    "insert into mart.dim_agreement (agreement_key, agreement_id, name, vendor, base_currency) "
    "select n, 'a' || n, 'Agreement ' || n, 'economic', 'DKK' from generate_series(1, %(agreements)s) as n",
    "insert into mart.dim_account (account_key, agreement_key, account_number, name, account_type, section, sort_order, is_deleted) "
    "select a * 100000 + n, a, n::text, 'Account ' || n, 'profit_and_loss', 'Section ' || n / 10, n, false "
    "from generate_series(1, %(agreements)s) as a, generate_series(1, 200) as n",
    "insert into mart.fact_journal_entries (journal_entry_key, agreement_key, agreement_id, entry_number, voucher_key, "
    "voucher_number, entry_type, event_type, date, date_key, accounting_year, period, period_key, account_key, account_number, "
    "account_name, department_key, project_key, customer_key, supplier_key, vat_key, text, currency, amount, base_currency, "
    "amount_base, is_opening, document_key, has_pdf) "
    "select n, a.key, 'a' || a.key, n::text, n / 2, (n / 2)::text, 'finance_voucher', 'journal_entry', t.day, "
    "to_char(t.day, 'yyyymmdd')::integer, '2025', 1, -1, a.key * 100000 + 1 + n %% 200, (1 + n %% 200)::text, 'Account', -3, -3, -3, -3, -3, "
    "'Posting ' || n, 'DKK', n %% 1000, 'DKK', n %% 1000, false, -3, false "
    "from generate_series(1, %(rows)s) as n cross join lateral (select 1 + (n - 1) * %(agreements)s / %(rows)s as key) as a "
    # As companies book: day by day, in each its accounts.
    "cross join lateral (select date '2020-01-01' + (((n - 1)::bigint * %(agreements)s %% %(rows)s) * 2190 / %(rows)s)::integer as day) as t",
)


@dataclass(frozen=True)
class _Connections:
    """Of one log-in: its own two, and two of the owner, who asks for the same agreements. All begin alike."""

    reader: Connection
    masked: Connection
    owner: Connection
    star: Connection


def run(rows: int, cluster: Cluster, show: Callable[[Lap], None]) -> None:
    """Laps for each query and log-in: by the log-in, by the owner, on the star, and without what is personal, in turns."""
    dsn = cluster.empty_warehouse(_DATABASE)
    with connect(dsn) as owner:
        for statement in _BOOKS:
            owner.execute(statement.encode(), {"rows": rows, "agreements": AGREEMENTS})
        masked.hide(owner)
        cluster.settle(_DATABASE)
        star.make(owner)
        with _logins(owner, dsn) as found:
            for name, query in QUERIES.items():
                for who, connections in found.items():
                    for lap in _laps(name, query, who, connections):
                        show(lap)
            many.add(owner, AGREEMENTS)
            for who, connections in found.items():
                show(many.measure(connections.reader, who))
    cluster.drop(_DATABASE)


def _laps(name: str, query: str, who: str, by: _Connections) -> list[Lap]:
    """The same rows by all: the owner says in its query which agreements it means."""
    what, mine = f"{name}, {who}", query.format(where="where true")
    theirs = query.format(where=f"where true{_only(who)}")
    reader, owner = Asked(by.reader, mine), Asked(by.owner, theirs)
    by_hand = Asked(by.star, star.asked_of(theirs))
    hidden = Asked(by.masked, masked.asked_of(mine))
    in_turns((reader, owner, by_hand, hidden), TIMES)
    return [
        reader.lap(SECTION, f"{what}, by the log-in"),
        owner.lap(SECTION, f"{what}, by the owner"),
        *star.laps(what, reader, by_hand),
        *masked.laps(what, reader, hidden),
    ]


def _only(who: str) -> str:
    """The condition that names a log-in's agreements."""
    ids = LOGINS[who][1]
    return (
        "" if ids is None else f" and f.agreement_key = any('{{{','.join(id[1:] for id in ids)}}}')"
    )


@contextmanager
def _logins(owner: Connection, dsn: str) -> Iterator[dict[str, _Connections]]:
    files = []
    for number, (role, ids) in enumerate(LOGINS.values()):
        owner.execute(
            sql.SQL("create role {} login password {} in role {}").format(
                sql.Identifier(f"bench_{number}"), sql.Literal(_PASSWORD), sql.Identifier(role)
            )
        )
        if ids is not None:
            files.append(
                Reader(id=f"bench_{number}", login=f"bench_{number}", agreements=ids, personal=True)
            )
    apply_readers(owner, Readers(tuple(files), ()))
    with ExitStack() as opened:

        def one(of: str) -> Connection:
            connection = opened.enter_context(psycopg.connect(of, autocommit=True))
            connection.execute("set max_parallel_workers_per_gather = 0")
            return connection

        found = {}
        for number, who in enumerate(LOGINS):
            own = make_conninfo(dsn, user=f"bench_{number}", password=_PASSWORD)
            found[who] = _Connections(one(own), one(own), one(dsn), one(dsn))
        yield found
    for number in range(len(LOGINS)):
        owner.execute(sql.SQL("drop role {}").format(sql.Identifier(f"bench_{number}")))


def targets(laps: Laps) -> list[Target]:
    """Each query of each log-in beside the owner's, beside a star made by hand, and without what is personal."""
    return [
        *(t for name in QUERIES for who in LOGINS for t in _target(laps, f"{name}, {who}")),
        *star.targets(laps, QUERIES, LOGINS),
        *masked.targets(laps, QUERIES, LOGINS),
        *many.targets(laps, LOGINS),
    ]


def _target(laps: Laps, what: str) -> list[Target]:
    mine, theirs = (laps.get(SECTION, f"{what}, by the {by}") for by in ("log-in", "owner"))
    if not (mine and theirs):
        return []
    ratio, reached = compared(mine, theirs, "by the owner")
    most = f"{MOST:.2f} x the CPU or less"
    return [Target(f"Rights: {what}, beside the owner", most, reached, ratio <= MOST)]
