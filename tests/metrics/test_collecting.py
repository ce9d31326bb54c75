"""What /saldo/metrics tells of a warehouse, group by group, and what it does where one cannot be read."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from saldo.console.proof.controls import CONTROLS
from saldo.metrics import GROUPS
from saldo.metrics.airflow import AIRFLOW
from saldo.metrics.gauges import OTHERS
from saldo.paths import SQL_DIR
from saldo.vendors import SOURCES
from saldo.vendors.vendor import load
from saldo.warehouse.connection import Connection, WarehouseUnavailable, read_sql
from tests.metrics.rows import NORD, NOW, ago, compared, ran, watch
from tests.metrics.scraping import Scrape


@pytest.fixture(autouse=True)
def _nothing_else(warehouse: Connection) -> Iterator[None]:
    yield
    warehouse.execute(
        "truncate ops.sync_run, ops.watched, ops.watermark, ops.alert, ops.alert_mail, ops.proof, ops.set_aside, ops.heartbeat, "
        "ops.table_size, ops.export_breaker, ops.expense_inbox, ops.lake_file, ops.export_job cascade"
    )
    warehouse.execute("delete from ops.export_file")
    warehouse.execute("delete from mart.dim_agreement where agreement_key > 0")


def test_an_empty_warehouse_is_up_and_says_little(dsn: str) -> None:
    found = Scrape(dsn)
    assert found("saldo_warehouse_up") == 1
    for group in GROUPS:
        assert found("saldo_group_up", group=group.name) == 1, group.name
    assert found("saldo_mails_waiting") == 0
    assert found("saldo_warehouse_size_bytes") > 1_000_000  # type: ignore[operator]
    assert not [name for name in found.names() if name.startswith("saldo_rows")]


def test_rows_requests_and_failures_of_a_day(dsn: str, warehouse: Connection) -> None:
    watch(warehouse, "nord", "idle")
    warehouse.execute(
        "insert into mart.dim_agreement (agreement_key, agreement_id, name, vendor, base_currency) "
        "values (1, 'nord', 'Nord', 'economic', 'DKK')"
    )
    ran(warehouse, "nord", "entries", ago(hours=3), rows_read=700, rows_inserted=40, rows_updated=3, rows_deleted=1, requests=12,
        retries=2, throttled=1, bytes_in=9_000)  # fmt: skip
    ran(warehouse, "nord", "customers", ago(hours=2), rows_read=5, requests=1)
    ran(warehouse, "nord", "prove", ago(hours=1), status="failed", requests=7)
    ran(warehouse, "nord", "facts", ago(minutes=2), status="running", finished_at=None)
    ran(warehouse, "nord", "entries", ago(hours=25), rows_read=1_000_000, requests=40_000)
    ran(warehouse, "gone", "entries", ago(hours=1), rows_read=9)
    found = Scrape(dsn)
    assert found("saldo_rows_read_24h", **NORD) == 705
    assert found("saldo_rows_inserted_24h", **NORD) == 40
    assert found("saldo_rows_updated_24h", **NORD) == 3
    assert found("saldo_rows_deleted_24h", **NORD) == 1
    assert found("saldo_received_bytes_24h", **NORD) == 9_000
    assert found("saldo_requests_24h", **NORD) == 20
    assert found("saldo_requests_limit_24h", **NORD) == 50_000
    assert found("saldo_requests_retried_24h", **NORD) == 2
    assert found("saldo_requests_throttled_24h", **NORD) == 1
    assert found("saldo_tries_failed_24h", **NORD) == 1
    assert found("saldo_tries_running", **NORD) == 1
    assert found("saldo_rows_read_24h", kind="agreement", subject="idle") == 0
    assert found("saldo_requests_limit_24h", kind="agreement", subject="idle") is None
    assert found("saldo_rows_read_24h", kind="agreement", subject="gone") is None
    assert found("saldo_watched_since_timestamp_seconds", **NORD) == ago(days=90).timestamp()


def test_when_each_entity_and_the_night_last_ended_well(dsn: str, warehouse: Connection) -> None:
    watch(warehouse, "nord")
    for entity, at, more in (
        ("entries", ago(days=1), {}),
        ("entries", ago(hours=1), {"status": "failed"}),
        ("entries", ago(minutes=30), {"mode": "window"}),
        ("report", ago(days=30), {}),
        ("report", ago(hours=1), {"status": "failed"}),
        ("prove", ago(days=9), {}),
        ("orders", ago(days=40), {}),
    ):
        ran(warehouse, "nord", entity, at, **more)
    for entity in ("entries", "orders", "quotes"):
        warehouse.execute(
            "insert into ops.watermark (subject_kind, subject_id, entity, cursor, updated_at) "
            "values ('agreement', 'nord', %s, '{}', now())",
            [entity],
        )
    found, name = Scrape(dsn), "saldo_last_success_timestamp_seconds"
    assert found(name, entity="entries", **NORD) == ago(days=1, seconds=-5).timestamp()
    assert found(name, entity="orders", **NORD) == ago(days=40, seconds=-5).timestamp()
    assert found(name, entity="quotes", **NORD) is None  # never
    assert found(name, entity="report", **NORD) == ago(days=30, seconds=-5).timestamp()
    night = found("saldo_last_good_night_timestamp_seconds", **NORD)
    assert night == ago(days=30, seconds=-5).timestamp()
    proven = found("saldo_last_proven_timestamp_seconds", **NORD)
    assert proven == ago(days=9, seconds=-5).timestamp()


def test_alerts_that_are_open_and_mails_that_wait(dsn: str, warehouse: Connection) -> None:
    watch(warehouse, "nord")
    for task, kind, closed in (
        ("entries", "failure", None),
        ("prove", "failure", None),
        ("orders", "failure", NOW),
        ("night", "late", None),
    ):
        warehouse.execute(
            "insert into ops.alert (subject_kind, subject_id, kind, task, opened_at, since, closed_at, failures) "
            "values ('agreement', 'nord', %s, %s, %s, %s, %s, 1)",
            [kind, task, ago(hours=1), ago(hours=9 if task == "prove" else 5), closed],
        )
    warehouse.execute(
        "insert into ops.alert_mail (message_id, alert_ids, recipients, subject, body_text, body_html, written_at, next_attempt_at, "
        "done_at) values ('a', '{}', '{}', '', '', '', now(), now(), null), ('b', '{}', '{}', '', '', '', now(), now(), now())"
    )
    found = Scrape(dsn)
    assert found("saldo_alerts_open", alert="failure", **NORD) == 2
    assert found("saldo_alerts_open", alert="late", **NORD) == 1
    since = found("saldo_alerts_open_since_timestamp_seconds", alert="failure", **NORD)
    assert since == ago(hours=9).timestamp()
    assert found("saldo_mails_waiting") == 1


def test_the_proof_is_the_newest_of_the_ledger_and_of_sales(
    dsn: str, warehouse: Connection
) -> None:
    watch(warehouse, "nord", "never")
    for at in (ago(days=3), ago(days=1)):
        compared(warehouse, "nord", at, "account_year_totals", "0", ok=True)
    compared(warehouse, "nord", ago(days=3), "account_year_totals", "100")
    compared(warehouse, "nord", ago(days=1), "account_year_totals", "-20.5")
    for month in ("15", "-5.5"):
        compared(warehouse, "nord", ago(days=1), "month_balances", month, account="1000")
    # The row of their year.
    compared(warehouse, "nord", ago(days=1), "month_balances", "9.5")
    compared(warehouse, "nord", ago(days=1), "entry_count", "-3")
    compared(warehouse, "nord", ago(days=2), "invoice_net_amount", "-0.01")
    # It is reported, and fails no proof: nobody is called for it.
    compared(warehouse, "nord", ago(days=1), "customer_balances", "500")
    found = Scrape(dsn)
    assert found("saldo_proof_difference", **NORD) == 20.5
    assert found("saldo_proof_differing", **NORD) == 5
    assert found("saldo_proof_compared", **NORD) == 8
    assert found("saldo_proof_checked_timestamp_seconds", **NORD) == ago(days=1).timestamp()
    assert found("saldo_proof_difference", kind="agreement", subject="never") is None


def test_the_difference_is_the_one_that_reports_and_the_console_show(
    dsn: str, warehouse: Connection
) -> None:
    watch(warehouse, "nord")
    warehouse.execute(
        "insert into mart.dim_agreement (agreement_key, agreement_id, name, vendor, base_currency) "
        "values (1, 'nord', 'Nord', 'economic', 'DKK')"
    )
    overview = read_sql(SQL_DIR / "console" / "overview" / "differences.sql").encode()
    for name, control in CONTROLS.items():
        warehouse.execute("truncate ops.proof")
        # Both parts of a proof were compared, and one control alone differs.
        for always in ("account_year_totals", "invoice_net_amount"):
            compared(warehouse, "nord", ago(days=1), always, "0", ok=True)
        compared(warehouse, "nord", ago(days=1), name, "3", account="1000")
        if name == "month_balances":
            compared(warehouse, "nord", ago(days=1), name, "3")  # the row of the year
        reports = warehouse.execute("select difference from mart.sync_status").fetchone()
        console = warehouse.execute(overview, {"ids": ["nord"]}).fetchone()
        told = 3 if control.is_money and control.is_binding else 0
        assert reports == (told,), name
        assert console == ("nord", told, int(control.is_binding)), name
        found = Scrape(dsn)
        assert found("saldo_proof_difference", **NORD) == told, name
        assert found("saldo_proof_differing", **NORD) == int(control.is_binding), name


def test_what_leaves_by_state(dsn: str, warehouse: Connection) -> None:
    watch(warehouse, "havn", kind="export")
    for n, status in enumerate(("pending", "pending", "review", "posted")):
        warehouse.execute(
            "insert into ops.export_job (export_id, organisation, target, kind, source_id, revision, payload, payload_hash, "
            "idempotency_key, status, created_by, created_at, updated_at) values (gen_random_uuid(), 'havn', 'xledger', 'expense', "
            "%s, 1, '{}', 'x', %s, %s, 'test', %s, now())",
            [str(n), str(n), status, ago(hours=n + 1)],
        )
    warehouse.execute(
        "insert into ops.export_breaker (company, state, failures, successes, changed_at, organisation) "
        "values ('a', 'open', 3, 0, now(), 'havn'), ('b', 'closed', 0, 0, now(), 'havn')"
    )
    warehouse.execute(
        "insert into ops.export_file (file_id, agreement_id, name, layout, is_logged, is_again, status, documents, rows, "
        "created_by, created_at) values (1, 'nord', 'x.xlsx', 'x', true, false, 'claimed', 1, 1, 'test', now())"
    )
    found = Scrape(dsn)
    havn = {"kind": "export", "subject": "havn"}
    assert found("saldo_exports", target="xledger", state="pending", **havn) == 2
    assert found("saldo_exports", target="xledger", state="posted", **havn) == 1
    oldest = "saldo_exports_oldest_timestamp_seconds"
    assert found(oldest, target="xledger", state="pending", **havn) == ago(hours=2).timestamp()
    assert found(oldest, target="xledger", state="posted", **havn) is None
    assert found("saldo_export_breakers_open", **havn) == 1
    assert found("saldo_purchase_files", state="claimed", **NORD) == 1
    # Switched off: nothing is to be sent, and nobody is to be called for what stays.
    warehouse.execute("delete from ops.watched")
    assert not [labels for _, labels in Scrape(dsn).samples if ("subject", "havn") in labels]


def test_what_waits_and_what_is_set_aside(dsn: str, warehouse: Connection) -> None:
    warehouse.execute(
        "insert into ops.set_aside (agreement_id, entity, source_key, field, value, reason, first_seen_at, change_seq) "
        "values ('nord', 'entries', '1', 'f', '', '', now(), 1), ('nord', 'entries', '2', 'f', '', '', now(), 2)"
    )
    watch(warehouse, "havn", kind="export")
    for organisation in ("havn", "made-up-1", "made-up-2"):
        warehouse.execute(
            "insert into ops.expense_inbox (payload) values (jsonb_build_object('organisation', %s::text))",
            [organisation],
        )
    warehouse.execute(
        "insert into ops.watermark (subject_kind, subject_id, entity, cursor, resume, updated_at) "
        "values ('agreement', 'nord', 'entries', '{}', '{}', now())"
    )
    found = Scrape(dsn)
    assert found("saldo_set_aside_records", **NORD) == 2
    assert found("saldo_expense_inbox_waiting", kind="export", subject="havn") == 1
    assert found("saldo_expense_inbox_waiting", kind="export", subject="") == 2
    assert found("saldo_reads_unfinished", **NORD) == 1


def test_components_and_tables(dsn: str, warehouse: Connection) -> None:
    for component, minutes, ok in (
        ("scheduler", 9, False),
        ("scheduler", 4, True),
        ("warehouse", 4, False),
        ("old", 60 * 25, True),
    ):
        warehouse.execute(
            "insert into ops.heartbeat (component, at, ok, minutes) values (%s, %s, %s, 5)",
            [component, ago(minutes=minutes), ok],
        )
    for measured, size in ((ago(days=8), 1), (ago(days=1), 2)):
        warehouse.execute(
            "insert into ops.table_size (measured_at, schema_name, table_name, live_rows, dead_rows, table_bytes, toast_bytes, "
            "index_bytes, total_bytes) values (%s, 'ops', 'proof', 3, 0, 1, 0, 1, %s)",
            [measured, size],
        )
    found = Scrape(dsn)
    assert found("saldo_component_up", component="scheduler") == 1
    assert found("saldo_component_up", component="warehouse") == 0
    assert found("saldo_component_up", component="old") is None
    seen = found("saldo_component_seen_timestamp_seconds", component="scheduler")
    assert seen == ago(minutes=4).timestamp()
    assert found("saldo_table_size_bytes", schema="ops", table="proof") == 2
    assert found("saldo_table_rows", schema="ops", table="proof") == 3


def test_names_of_any_kind_are_written_as_the_format_wants_them(
    dsn: str, warehouse: Connection
) -> None:
    name = 'O"Hara\\ <b>\n🙂 שלום'
    watch(warehouse, name)
    assert Scrape(dsn)("saldo_rows_read_24h", kind="agreement", subject=name) == 0


# --- what cannot be read -------------------------------------------------------------------------


def test_a_warehouse_that_is_away_is_told_and_nothing_else() -> None:
    found = Scrape("host=127.0.0.1 port=1 dbname=saldo password=hidden-from-all connect_timeout=1")
    assert found.samples == {("saldo_warehouse_up", ()): 0}

    def unknown() -> str:
        raise WarehouseUnavailable("the vault is away")

    assert Scrape(unknown).samples == {("saldo_warehouse_up", ()): 0}


def test_a_group_whose_table_is_not_there_yet_costs_only_itself(
    dsn: str, warehouse: Connection, caplog: pytest.LogCaptureFixture
) -> None:
    watch(warehouse, "nord")
    warehouse.execute("alter table ops.set_aside rename to set_aside_later")
    try:
        found = Scrape(dsn)
    finally:
        warehouse.execute("alter table ops.set_aside_later rename to set_aside")
    assert found("saldo_group_up", group="set_aside") == 0
    assert found("saldo_group_up", group="runs") == 1
    assert found("saldo_rows_read_24h", **NORD) == 0
    assert "metrics: set_aside: UndefinedTable" in caplog.text


def test_a_group_that_waits_too_long_is_given_up(
    dsn: str, warehouse: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("saldo.metrics.collecting.PATIENCE_S", 0.2)
    with psycopg.connect(dsn) as other:
        other.execute("lock table ops.alert in access exclusive mode")
        found = Scrape(dsn)
    assert found("saldo_group_up", group="alerts") == 0
    assert found("saldo_group_up", group="warehouse") == 1


def test_a_scrape_changes_nothing(dsn: str) -> None:
    from saldo.metrics import collecting

    with psycopg.connect(dsn, autocommit=True) as connection:
        collecting._read(connection, GROUPS[0], collecting._parameters(NOW), left_s=5)
        with pytest.raises(psycopg.errors.ReadOnlySqlTransaction):
            connection.execute("delete from ops.watched")


def test_room_on_a_disk_and_a_folder_that_is_not_there(dsn: str, tmp_path: Path) -> None:
    found = Scrape(dsn, {"logs": tmp_path, "none": tmp_path / "none"})
    free, size = (found(f"saldo_disk_{what}_bytes", folder="logs") for what in ("free", "size"))
    assert free is not None
    assert size is not None
    assert 0 < free < size
    assert found("saldo_disk_free_bytes", folder="none") is None
    assert found("saldo_warehouse_up") == 1


# --- what there is -------------------------------------------------------------------------------


def test_every_file_is_a_group_and_every_gauge_has_one_place() -> None:
    files = {path.stem for path in (SQL_DIR / "metrics").glob("*.sql")}
    assert files == {group.name for group in GROUPS}
    of_groups = (one for group in GROUPS for one in group.gauges)
    names = [gauge.name for gauge in (*OTHERS, *AIRFLOW, *of_groups)]
    assert len(names) == len(set(names))
    assert all(name.startswith("saldo_") for name in names)


def test_what_a_vendor_says_of_a_day_is_what_its_client_keeps_to() -> None:
    for vendor in SOURCES.values():
        module = __import__(vendor.client.rpartition(".")[0], fromlist=["x"])
        of_clients = {
            kind.daily_calls for kind in vars(module).values()
            if isinstance(kind, type) and kind.__module__ == module.__name__ and hasattr(kind, "daily_calls")
        }  # fmt: skip
        assert load(vendor.client)
        assert of_clients == {vendor.daily_calls}, vendor.name
