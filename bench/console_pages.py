"""The pages that are measured: every one that shows rows has a line here, or more where it is asked in other ways."""

from __future__ import annotations

from urllib.parse import quote

from .console_changes import BETWEEN
from .console_ledger import BANK, SALARIES, YEAR
from .console_rows import newest_run
from .console_work import EXPORT, FILES, MOST_VERSIONS
from .export_list import FILE as PURCHASE_FILE

#: Of the one that fails most; the ledger is its, too.
ONE = "bench_007"
_OF = f"/saldo/agreements/{ONE}"
_BANK, _RENT = f"account={BANK}", "account=1017"
PAGES = (
    ("Overview", "/saldo/"),
    ("Overview, last page", "/saldo/?page=5"),
    ("Overview, what needs attention", "/saldo/?state=attention"),
    ("Overview, searched", "/saldo/?q=bench+7"),
    ("Agreement", _OF),
    ("Agreement, history", f"{_OF}/history"),
    ("Agreement, history of what failed", f"{_OF}/history?status=failed"),
    ("Agreement, history of one entity", f"{_OF}/history?entity=entries"),
    ("Agreement, one run", f"{_OF}/history?run={quote(newest_run(ONE), safe='')}"),
    ("Agreement, drift", f"{_OF}/drift"),
    ("Agreement, proof", f"{_OF}/proof"),
    ("Balances of a month", f"{_OF}/balances"),
    ("Balances of an account", f"{_OF}/balances?{_BANK}"),
    ("Postings of an account and year", f"{_OF}/postings?{_RENT}&year={YEAR}"),
    ("Postings of a salary account and year", f"{_OF}/postings?account={SALARIES[0]}&year={YEAR}"),
    ("Postings of the bank and year", f"{_OF}/postings?{_BANK}&year={YEAR}"),
    (
        "Postings of the bank and year, far down",
        f"{_OF}/postings?{_BANK}&year={YEAR}&after={YEAR}-11-20~0",
    ),
    ("Postings of the bank and month", f"{_OF}/postings?{_BANK}&year={YEAR}&period=6"),
    ("Vouchers: one", f"{_OF}/vouchers?number=1000&year={YEAR}"),
    ("Find: a number of a voucher", f"{_OF}/find?q=1000"),
    ("Find: a text of one year", f"{_OF}/find?q=Invoice+990002"),
    ("Find: an amount of one year", f"{_OF}/find?q=4711%2C25"),
    ("Find: a text of every year", f"{_OF}/find?q=Invoice+990002&year=all"),
    (
        "Find: a text of every year, going on",
        f"{_OF}/find/texts?q=Invoice+990002&year=all&after={YEAR - 1}-06-01~0",
    ),
    ("Find: an amount of every year", f"{_OF}/find?q=4711%2C25&year=all"),
    ("Agreement, changes since the facts before", f"{_OF}/changes"),
    ("Agreement, changes since a moment", f"{_OF}/changes?since={BETWEEN:%Y-%m-%dT%H:%M}"),
    ("Files", "/saldo/files"),
    ("Files of a configuration", f"/saldo/files/{FILES}"),
    ("Files of a configuration, refused", f"/saldo/files/{FILES}?status=rejected"),
    ("Files: a version with 100 wrong cells", f"/saldo/files/{FILES}/71/{MOST_VERSIONS}"),
    ("Purchases", "/saldo/purchases"),
    ("Purchases of an agreement", f"/saldo/purchases/{ONE}"),
    ("Purchases of an agreement, all", f"/saldo/purchases/{ONE}?show=all"),
    ("Purchases: the files of an agreement", f"/saldo/purchases/{ONE}/files"),
    ("Purchases: a file of 10,000 documents", f"/saldo/purchases/{ONE}/files/{PURCHASE_FILE}"),
    ("Exports", "/saldo/exports"),
    ("Exports that wait for a person", "/saldo/exports?status=waiting"),
    ("Exports, searched", "/saldo/exports?q=EXP-0005000"),
    ("Exports, of one employee", "/saldo/exports?q=E7"),
    ("Exports: one", f"/saldo/exports/{EXPORT}"),
    ("Health", "/saldo/health"),
    ("Health of 90 days", "/saldo/health?span=90d"),
    ("Health, alerts", "/saldo/health/alerts"),
    ("Health, alerts searched", "/saldo/health/alerts?q=task_42"),
)
