"""What both companies had booked before, so that the ledger as it was shows something: texts that somebody corrected."""

from __future__ import annotations

from psycopg.types.json import Jsonb

from saldo.transform import replay
from saldo.vendors import VENDORS
from saldo.warehouse.connection import Connection

from .books import COMPANIES, OTHER, PRIVATE, SALARIES

#: Between what was booked and its correction.
THEN = "2026-06-01"
_MADE = "create table if not exists staging.economic_{} (like staging.template including all)"


def book(owner: Connection) -> None:
    """Staging, its history and keys of three postings of each company; the first two are a voucher with a salary."""
    replay.remember(owner, VENDORS["economic"])
    for entity in ("self", "entries"):
        owner.execute(_MADE.format(entity).encode())
    for id, key in COMPANIES.items():
        company = {
            "agreementNumber": key,
            "company": {"name": id},
            "settings": {"baseCurrency": "DKK"},
        }
        _stage(owner, "self", id, "1", company, 1)
        owner.execute(
            "insert into core.agreement (agreement_id, agreement_number, company_name, vendor, base_currency, change_seq) values (%s, %s, %s, 'economic', 'DKK', 1)",
            [id, str(key), id],
        )
        for number in (1, 2, 3):
            _posting(owner, id, key, number)
        for at, seq in (("2026-05-01", 10), ("2026-07-01", 20)):
            owner.execute(
                "insert into ops.facts_state values (%s, %s, %s)",
                [id, at, Jsonb({"self": 1, "entries": seq})],
            )


def _posting(owner: Connection, id: str, key: int, number: int) -> None:
    secret = PRIVATE if number < 3 else "open"

    def payload(text: str) -> dict[str, object]:
        return {
            "voucherNumber": 1 if number < 3 else 2, "type": 5, "date": "2026-01-31", "accountNumber": int(SALARIES if number == 1 else OTHER),
            "text": f"{secret} {id} {text}", "amount": 10, "amountInBaseCurrency": 10,
        }  # fmt: skip

    _stage(owner, "entries", id, str(number), payload("corrected"), 20)
    owner.execute(
        "insert into staging.history (vendor, entity, agreement_id, source_key, payload, payload_hash, landed_at, run_id, "
        "replaced_at, replaced_by, is_deletion, change_seq, replaced_seq) "
        "values ('economic', 'entries', %s, %s, %s, '', '2026-05-01', 'r', '2026-07-01', 'r2', false, 10, 20)",
        [id, str(number), Jsonb(payload("as it was"))],
    )
    account = SALARIES if number == 1 else OTHER
    for kind, source, value in (
        ("journal_entry", str(number), key * 1000 + number), ("account", account, key * 1000 + number),
        ("voucher", f"|{1 if number < 3 else 2}", key * 1000 + (1 if number < 3 else 2)),
    ):  # fmt: skip
        owner.execute(
            "insert into core.key_map (agreement_id, kind, source_key, key) overriding system value values (%s, %s, %s, %s) on conflict do nothing",
            [id, kind, source, value],
        )


def _stage(
    owner: Connection, entity: str, id: str, key: str, payload: dict[str, object], seq: int
) -> None:
    owner.execute(
        f"insert into staging.economic_{entity} (agreement_id, source_key, payload, payload_hash, landed_at, run_id, change_seq) "
        "values (%s, %s, %s, '', '2026-07-01', 'r2', %s)",
        [id, key, Jsonb(payload), seq],
    )
