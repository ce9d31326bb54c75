"""What maintenance removes and what it must leave: a real warehouse, rows of several years."""

from __future__ import annotations

import os
import re
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psycopg
import pytest
from psycopg.types.json import Jsonb

from saldo.alerts import judge_failures, subject_of
from saldo.errors import Busy, ConfigError, DataRejected
from saldo.maintenance import (
    Rule,
    Trouble,
    maintenance_lock,
    measure,
    prune,
    prune_logs,
    reports,
    retention,
    tell_drift,
    tell_people,
)
from saldo.maintenance.retention import RULES
from saldo.paths import SQL_DIR
from saldo.runs.sync_run import Run, recorded
from saldo.subject import SubjectKey, by_key
from saldo.warehouse.connection import Connection, connect
from tests.support import PROJECT, agreement

NOW = datetime(2026, 11, 22, 12, 30, tzinfo=UTC)
HEADER = ("-- grain: ", "-- reads: ", "-- writes: nothing", "-- sign and currency: ")
TABLES = [rule for rule in RULES if rule.age]


@pytest.fixture(autouse=True)
def _empty(warehouse: Connection) -> Iterator[None]:
    yield
    tables = ", ".join(sorted({rule.table for rule in TABLES}))
    warehouse.execute(f"truncate {tables}, ops.drift, ops.watermark cascade".encode())


def days(count: float) -> datetime:
    return NOW - timedelta(days=count)


def pruned(warehouse: Connection, subject: str, **more: int) -> int:
    return prune(warehouse, retention({})[subject], run_id="sunday", now=NOW, **more)


def pruned_after(warehouse: Connection, subject: str, days: int) -> int:
    """As where SALDO_RETENTION says so."""
    rule = retention({"SALDO_RETENTION": f"{subject}={days}"})[subject]
    return prune(warehouse, rule, run_id="sunday", now=NOW)


def tried(
    warehouse: Connection,
    entity: str,
    status: str,
    age: float,
    *,
    run: str | None = None,
    mode: str = "auto",
    family: str | None = None,
    agreement_id: str = "a",
) -> int:
    """A row of ops.sync_run; returns its key."""
    row = warehouse.execute(
        "insert into ops.sync_run (agreement_id, entity, dag_id, run_id, try_number, mode, started_at, "
        "finished_at, status, error_family, error_message) "
        "values (%s, %s, %s, %s, 1, %s, %s, %s, %s, %s, %s) returning sync_run_id",
        [
            agreement_id, entity, f"saldo__{agreement_id}", run or f"night {age}", mode, days(age),
            days(age), status, family, "no" if status == "failed" else None,
        ],
    ).fetchone()  # fmt: skip
    assert row
    return int(row[0])


def left(warehouse: Connection, table: str = "ops.sync_run", key: str = "sync_run_id") -> set[int]:
    return {row[0] for row in warehouse.execute(f"select {key} from {table}".encode())}


# --- the declaration -----------------------------------------------------------------------------


def test_days_are_changed_by_one_variable() -> None:
    changed = retention(
        {"SALDO_RETENTION": " ops.heartbeat = 30, staging.history=keep, airflow=10,"}
    )
    assert changed["ops.heartbeat"].days == 30
    assert changed["staging.history"].before(NOW) is None
    assert changed["airflow"].before(NOW) == datetime(2026, 11, 12, tzinfo=UTC)
    assert changed["ops.audit"] == retention({})["ops.audit"]


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ("ops.hartbeat=30", "names are ops.audit"),
        ("ops.heartbeat", "is none of name=days"),
        ("ops.heartbeat=-1", "is none of name=days"),
        ("ops.heartbeat=1.5", "is none of name=days"),
        ("ops.heartbeat=30 ops.audit=400", "with commas between"),
        ("ops.proof=7", "write ops.proof=35 or more, or keep"),
    ],
)
def test_what_cannot_be_read_says_what_to_write(value: str, said: str) -> None:
    with pytest.raises(ConfigError, match=f"SALDO_RETENTION.*{re.escape(said)}"):
        retention({"SALDO_RETENTION": value})


def test_every_table_of_ops_is_pruned_or_known_not_to_grow(warehouse: Connection) -> None:
    """A new table must say how long its rows are kept."""
    growing = {rule.table for rule in TABLES}
    states = {
        "ops.watermark", "ops.cutoff", "ops.progress", "ops.drift", "ops.validated", "ops.watched",
        "ops.migration", "ops.migration_head", "ops.vendor", "ops.set_aside", "ops.call_pace",
        "ops.lake_schema", "ops.renewed_token", "ops.export_breaker",
            "ops.reader", "ops.reader_agreement", "ops.personal_account", "ops.personal_column", "ops.personal_row",
            "ops.period_closing", "ops.replay",
        # Goes with its file.
        "ops.export_file_document",
        # Go with their claim.
        "ops.expense_line", "ops.expense_receipt",
    }  # fmt: skip
    found = {
        f"ops.{name}"
        for (name,) in warehouse.execute("select tablename from pg_tables where schemaname = 'ops'")
    }
    assert found - states == growing - {"staging.history"}


@pytest.mark.parametrize("path", sorted(SQL_DIR.glob("maintenance/*.sql")), ids=lambda p: p.name)
def test_the_files_only_read(path: Path) -> None:
    lines = path.read_text().splitlines()
    assert tuple(x[: len(h)] for x, h in zip(lines, HEADER, strict=False)) == HEADER
    body = "\n".join(line for line in lines if not line.lstrip().startswith("--"))
    assert not re.search(r"\bnow\(\)|current_(date|timestamp)|select\s+\*|\bdelete\b", body)


def test_the_documentation_has_every_rule_with_its_days() -> None:
    text = (PROJECT / "docs" / "maintenance.md").read_text()
    for rule in RULES:
        assert f"| `{rule.subject}` | {rule.days} |" in text, rule.subject


# --- what goes -----------------------------------------------------------------------------------


@pytest.mark.parametrize("rule", TABLES, ids=lambda rule: rule.subject)
def test_an_empty_table_is_no_trouble(warehouse: Connection, rule: Rule) -> None:
    assert pruned(warehouse, rule.subject) == 0
    assert warehouse.execute("select count(*) from ops.removal").fetchone() == (0,)


def test_whole_days_go_and_what_went_is_counted(warehouse: Connection) -> None:
    for minute in range(0, 3 * 1440, 10):
        warehouse.execute(
            "insert into ops.heartbeat values ('warehouse', %s, true, null)",
            [days(93.9) + timedelta(minutes=minute)],
        )
    assert pruned(warehouse, "ops.heartbeat", at_once=100) == 199
    first = warehouse.execute("select min(at) from ops.heartbeat").fetchone()
    assert first
    assert first[0] >= datetime(2026, 8, 22, tzinfo=UTC)
    row = warehouse.execute(
        "select subject, removed, older_than, run_id from ops.removal"
    ).fetchall()
    assert row == [("ops.heartbeat", 199, datetime(2026, 8, 22, tzinfo=UTC), "sunday")]
    assert pruned(warehouse, "ops.heartbeat") == 0


def test_history_goes_by_its_age_alone(warehouse: Connection) -> None:
    for age in (2000, 1097, 1095, 1):
        warehouse.execute(
            "insert into staging.history values ('economic', 'customers', 'a', '7', %s, ''::bytea, %s, "
            "'r', %s, 'r', false)",
            [Jsonb({"name": "Old"}), days(3000), days(age)],
        )
    assert pruned(warehouse, "staging.history") == 2
    assert warehouse.execute("select count(*) from staging.history").fetchone() == (2,)


def test_runs_go_once_a_later_night_was_good(warehouse: Connection) -> None:
    for age in (900, 700):
        tried(warehouse, "customers", "success", age)
        tried(warehouse, "customers", "failed", age - 1)
        tried(warehouse, "customers", "success", age - 1, mode="window")
        tried(warehouse, "customers", "running", age - 2)
        tried(warehouse, "customers", "skipped", age - 3)
    last = tried(warehouse, "customers", "success", 650)
    newest = tried(warehouse, "customers", "skipped", 600)
    young = tried(warehouse, "customers", "success", 399)
    assert pruned(warehouse, "ops.sync_run") == 12
    assert left(warehouse) == {young}
    assert {last, newest} & left(warehouse) == set()


def test_what_has_failed_for_longer_than_rows_are_kept_stays_whole(warehouse: Connection) -> None:
    """How long it has failed, and since when, is read from the rows after the last success."""
    tried(warehouse, "customers", "success", 950)
    kept = {tried(warehouse, "customers", "success", 900)}
    tried(warehouse, "customers", "skipped", 850)
    for age in (800, 700, 600, 500, 2):
        kept.add(tried(warehouse, "customers", "failed", age, family="AuthError"))
        tried(warehouse, "report", "failed", age - 0.1)
    of = by_key([subject_of(agreement("a"))])
    with warehouse.transaction(force_rollback=True):
        judge_failures(warehouse, of, now=NOW)
        before = warehouse.execute("select failures, since from ops.alert").fetchall()
    assert pruned(warehouse, "ops.sync_run") == 2
    assert left(warehouse) >= kept
    judge_failures(warehouse, of, now=NOW)
    after = warehouse.execute("select failures, since from ops.alert").fetchall()
    assert (5, days(800)) in after
    assert sorted(before) == sorted(after)


def test_not_bought_is_as_good_as_a_success(warehouse: Connection) -> None:
    for age in (700, 600, 500):
        newest = tried(warehouse, "departments", "skipped", age, family="NotLicensed")
    assert pruned(warehouse, "ops.sync_run") == 2
    assert left(warehouse) == {newest}


def test_what_reports_show_of_an_agreement_at_rest_stays(warehouse: Connection) -> None:
    """mart.sync_status: the newest run in which entries landed and facts followed, however old."""
    warehouse.execute(
        "insert into mart.dim_agreement (agreement_key, agreement_id, name, vendor, base_currency) "
        "values (1, 'a', 'A', 'economic', 'DKK')"
    )
    for age in (900, 800):
        for entity in ("entries", "facts", "prove"):
            tried(warehouse, entity, "success", age)
    for age in (700, 600, 500):
        tried(warehouse, "entries", "failed", age)
        tried(warehouse, "facts", "success", age)
        tried(warehouse, "prove", "success", age, mode="window")
    for age in (901, 801, 2):
        _proof(warehouse, age, "5820")
        _proof(warehouse, age + 0.5, "5820", control="invoice_net_amount")
    query = "select * from mart.sync_status where agreement_id = 'a'"
    before = warehouse.execute(query).fetchall()
    assert before[0][3] == days(800).replace(tzinfo=None)
    assert pruned(warehouse, "ops.sync_run") > 0
    pruned(warehouse, "ops.proof.nights")
    pruned(warehouse, "ops.proof")
    assert warehouse.execute(query).fetchall() == before
    warehouse.execute("delete from mart.dim_agreement where agreement_key = 1")


def _proof(
    warehouse: Connection, age: float, account: str | None, *, ok: bool = True, **more: str
) -> int:
    row = warehouse.execute(
        "insert into ops.proof (agreement_id, run_id, checked_at, control, entity, account_number, "
        "period, vendor_value, warehouse_value, difference, ok) "
        "values ('a', 'r', %s, %s, 'fact_journal_entries', %s, '2024', 1, 1, 0, %s) returning proof_id",
        [days(age), more.get("control", "account_year_totals"), account, ok],
    ).fetchone()
    assert row
    return int(row[0])


def test_of_old_proof_the_last_of_each_month_and_differences_stay(warehouse: Connection) -> None:
    kept = set()
    for night in range(402, 402 + 90):  # 2025-07-19 .. 2025-10-15
        _proof(warehouse, night, "5820")
        _proof(warehouse, night, None)
    kept |= {_proof(warehouse, 450, "5600", ok=False)}
    months: dict[tuple[str, str | None], int] = {}
    for key, at, account in warehouse.execute(
        "select proof_id, checked_at, account_number from ops.proof where ok order by checked_at"
    ).fetchall():
        months[f"{at:%Y-%m}", account] = key
    kept |= set(months.values())
    young = {_proof(warehouse, age, "5820") for age in (399, 398, 1)}
    pruned(warehouse, "ops.proof.nights", at_once=50)
    assert left(warehouse, "ops.proof", "proof_id") == kept | young
    assert len(months) == 8


def test_the_newest_comparison_of_a_total_stays_for_ever(warehouse: Connection) -> None:
    _proof(warehouse, 4000, "5820")
    newest = _proof(warehouse, 3900, "5820")
    difference = _proof(warehouse, 3950, "5820", ok=False)
    assert pruned(warehouse, "ops.proof") == 2
    assert left(warehouse, "ops.proof", "proof_id") == {newest}
    assert difference != newest


def test_the_last_validation_of_a_table_stays(warehouse: Connection) -> None:
    def found(age: float, table: str) -> None:
        for rule in ("unique", "not_null"):
            warehouse.execute(
                "insert into ops.validation_result (agreement_id, run_id, checked_at, table_name, "
                "expectation, columns, rule, severity, ok, unexpected_count, examples) values "
                "('a', 'r', %s, %s, %s, '{}', 'x', 'critical', true, 0, '[]')",
                [days(age), table, rule],
            )

    for age in (700, 600):
        found(age, "dim_vat")
        found(age, "fact_accounting")
    found(3, "fact_accounting")
    assert pruned(warehouse, "ops.validation_result") == 6
    rows = warehouse.execute(
        "select table_name, count(*), max(checked_at) from ops.validation_result group by 1 order by 1"
    ).fetchall()
    assert rows == [("dim_vat", 2, days(600)), ("fact_accounting", 2, days(3))]


def test_files_of_mails_go_days_after_the_mail_was_sent(warehouse: Connection) -> None:
    def mail(written: float, done: float | None) -> int:
        row = warehouse.execute(
            "insert into ops.alert_mail (message_id, alert_ids, recipients, subject, body_text, body_html, "
            "written_at, next_attempt_at, done_at) values (gen_random_uuid()::text, '{}', '{}', '', '', '', "
            "%s, %s, %s) returning mail_id",
            [days(written), days(written), None if done is None else days(done)],
        ).fetchone()
        assert row
        for place in (1, 2):
            warehouse.execute(
                "insert into ops.alert_mail_attachment values (%s, %s, 'a', 'b/c', 'd', %s, null)",
                [row[0], place, days(written)],
            )
        return int(row[0])

    mail(300, 20), mail(20, 15)
    kept = {mail(300, None), mail(30, 13), mail(1, 1)}
    assert pruned(warehouse, "ops.alert_mail_attachment", at_once=1) == 4
    assert left(warehouse, "ops.alert_mail_attachment", "mail_id") == kept
    assert pruned(warehouse, "ops.alert_mail") == 0
    mail(400, 200)
    assert pruned(warehouse, "ops.alert_mail") == 1
    assert left(warehouse, "ops.alert_mail_attachment", "mail_id") == kept


def test_open_alerts_and_waiting_mails_stay(warehouse: Connection) -> None:
    def alert(closed: float | None, *, news: str | None = None) -> int:
        row = warehouse.execute(
            "insert into ops.alert (agreement_id, task, opened_at, closed_at, failures, news) "
            "values ('a', gen_random_uuid()::text, %s, %s, 2, %s) returning alert_id",
            [days(5000), None if closed is None else days(closed), news],
        ).fetchone()
        assert row
        return int(row[0])

    def mail(done: float | None, *alerts: int) -> int:
        row = warehouse.execute(
            "insert into ops.alert_mail (message_id, alert_ids, recipients, subject, body_text, "
            "body_html, written_at, next_attempt_at, done_at) values (gen_random_uuid()::text, %s, '{}', "
            "'', '', '', %s, %s, %s) returning mail_id",
            [list(alerts), days(5000), days(1), None if done is None else days(done)],
        ).fetchone()
        assert row
        return int(row[0])

    gone, told, waiting, young = alert(4000), alert(4000, news="recovered"), alert(4000), alert(3)
    still_open = alert(None)
    mail(400, gone)
    kept = {mail(None, waiting), mail(10, young)}
    assert pruned(warehouse, "ops.alert_mail") == 1
    assert pruned(warehouse, "ops.alert") == 1
    assert left(warehouse, "ops.alert_mail", "mail_id") == kept
    assert left(warehouse, "ops.alert", "alert_id") == {told, waiting, young, still_open}


def test_kept_for_ever_is_never_touched(warehouse: Connection) -> None:
    tried(warehouse, "customers", "success", 4000)
    tried(warehouse, "customers", "success", 1)
    rule = retention({"SALDO_RETENTION": "ops.sync_run=keep"})["ops.sync_run"]
    assert prune(warehouse, rule, run_id="sunday", now=NOW) == 0
    assert len(left(warehouse)) == 2


# --- while others work ---------------------------------------------------------------------------


def test_a_kill_between_two_batches_leaves_a_true_count(warehouse: Connection, dsn: str) -> None:
    for n in range(100):
        warehouse.execute(
            "insert into ops.audit (at, actor, action) values (%s, 'x', 'exported')",
            [days(3000 + n)],
        )
    # The thirtieth row cannot be deleted: what came before is committed and counted.
    warehouse.execute(
        "create function pg_temp.stop() returns trigger language plpgsql as $$ begin "
        "if (select count(*) from ops.audit) <= 70 then raise 'killed'; end if; return old; end $$"
    )
    warehouse.execute(
        "create trigger stop before delete on ops.audit for each row execute function pg_temp.stop()"
    )
    with pytest.raises(psycopg.errors.RaiseException, match="killed"):
        pruned(warehouse, "ops.audit", at_once=10)
    warehouse.execute("drop trigger stop on ops.audit")
    assert warehouse.execute("select removed from ops.removal").fetchone() == (30,)
    assert warehouse.execute("select count(*) from ops.audit").fetchone() == (70,)
    assert pruned(warehouse, "ops.audit", at_once=10) == 70
    assert warehouse.execute("select removed from ops.removal").fetchone() == (100,)


def test_nothing_is_locked_between_batches(warehouse: Connection, dsn: str) -> None:
    """A night that writes, and even a migration that needs the table to itself, come in between."""
    for n in range(40):
        warehouse.execute(
            "insert into ops.audit (at, actor, action) values (%s, 'x', 'exported')",
            [days(3000 + n)],
        )
    waits: list[float] = []

    class Watched:
        """Stands in for the connection: after each batch somebody takes the whole table."""

        def __getattr__(self, name: str) -> object:
            return getattr(warehouse, name)

        def transaction(self) -> object:
            began = time.perf_counter()
            with connect(dsn) as other, other.transaction():
                other.execute("set local lock_timeout = '500ms'")
                other.execute("lock table ops.audit in access exclusive mode")
            waits.append(time.perf_counter() - began)
            return warehouse.transaction()

    rule = retention({})["ops.audit"]
    assert prune(Watched(), rule, run_id="sunday", now=NOW, at_once=10) == 40  # type: ignore[arg-type]
    assert len(waits) == 4


def test_two_maintenances_do_not_work_at_once(warehouse: Connection, dsn: str) -> None:
    with connect(dsn) as other:
        with (
            maintenance_lock(warehouse),
            pytest.raises(Busy, match="another maintenance"),
            maintenance_lock(other),
        ):
            pass
        with maintenance_lock(other):
            pass


# --- logs ----------------------------------------------------------------------------------------


def test_logs_older_than_their_runs_go(tmp_path: Path) -> None:
    def log(path: str, age: float, text: str = "x" * 10) -> Path:
        file = tmp_path / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
        for place in (file, *file.parents[: len(Path(path).parts) - 1]):
            os.utime(place, (days(age).timestamp(),) * 2)
        return file

    gone = [
        log("dag_id=saldo__a/run_id=r1/task_id=facts/attempt=1.log", 100),
        log("dag_id=saldo__a/run_id=r1/task_id=facts/attempt=1.log.trigger.7.log", 100),
        log("dag_id=saldo_watch/run_id=w1/task_id=watch/attempt=1.log", 20),
        log("dag_processor/2026-01-01/dags/x.py.log", 300),
    ]
    kept = [
        log("dag_id=saldo__a/run_id=r2/task_id=facts/attempt=1.log", 50),
        log("dag_id=saldo__a/run_id=r3/task_id=facts/notes.txt", 500),
        log("dag_id=saldo_watch/run_id=w2/task_id=watch/attempt=1.log", 3),
        log("airflow-webserver.pid", 500),
    ]
    outside = tmp_path.parent / f"{tmp_path.name}-outside.log"
    outside.write_text("not ours")
    os.utime(outside, (0, 0))
    (tmp_path / "dag_processor" / "latest").symlink_to(tmp_path.parent)
    rules = retention({})
    removed = prune_logs(
        tmp_path,
        lambda part: rules["airflow.watch" if "watch" in part else "airflow"].before(NOW),
    )
    assert (removed.files, removed.bytes, removed.failed) == (4, 40, [])
    assert not any(file.exists() for file in gone)
    assert all(file.exists() for file in [*kept, outside])
    assert not (tmp_path / "dag_id=saldo__a" / "run_id=r1").exists()
    assert not (tmp_path / "dag_id=saldo_watch" / "run_id=w1").exists()
    assert prune_logs(tmp_path / "nowhere", lambda part: NOW).files == 0


# --- what is told --------------------------------------------------------------------------------


def test_a_field_is_told_once(warehouse: Connection, caplog: pytest.LogCaptureFixture) -> None:
    def drifts(agreement_id: str, field: str) -> None:
        warehouse.execute(
            "insert into ops.drift values (%s, 'economic', 'customers', %s, %s, 'r', 12)",
            [agreement_id, field, days(3)],
        )

    caplog.set_level("INFO", "saldo")
    drifts("a", "colour")
    drifts("b", "colour")
    assert tell_drift(warehouse, now=NOW) == 1
    assert "economic customers: colour is new (24 records, in a, b" in caplog.text
    assert tell_drift(warehouse, now=NOW) == 0
    drifts("a", "taste")
    assert tell_drift(warehouse, now=NOW) == 1
    assert warehouse.execute(
        "select count(*) from ops.drift where reported_at = %s", [NOW]
    ).fetchone() == (3,)


def test_sizes_and_growth_are_rows(warehouse: Connection) -> None:
    for age in (28, 7):
        assert measure(warehouse, now=days(age)) == []
    for n in range(500):
        tried(warehouse, "customers", "success", n / 10)
    warehouse.execute("vacuum (analyze) ops.sync_run")
    measure(warehouse, now=NOW)
    row = warehouse.execute(
        "select total_bytes > 50000, week_bytes > 50000, month_bytes > 50000, live_rows, dead_rows, "
        "free_bytes < 30000 from ops.table_growth where table_name = 'sync_run'"
    ).fetchone()
    assert row == (True, True, True, 500, 0, True)


def test_a_transaction_that_holds_vacuum_back_is_named(
    warehouse: Connection, dsn: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reports, "DEAD_ROWS", 1_000)
    for n in range(1_500):
        tried(warehouse, "customers", "success", n / 10)
    with connect(dsn) as forgotten, forgotten.transaction():
        forgotten.execute("set transaction isolation level repeatable read")
        forgotten.execute("select 1")
        with connect(dsn) as other:  # what it did is counted once it is gone
            other.execute("delete from ops.sync_run where sync_run_id % 10 > 0")
        warehouse.execute("vacuum (analyze, skip_locked)")
        (trouble,) = measure(warehouse, now=NOW)
    assert "VACUUM cannot remove dead rows of ops.sync_run (1,350 dead rows beside" in trouble.what
    assert "end what still needs them: session " in trouble.remedy
    assert "(saldo, idle in transaction, since" in trouble.remedy
    warehouse.execute("vacuum (analyze)")
    assert measure(warehouse, now=NOW + timedelta(seconds=1)) == []


def test_one_mail_when_something_needs_a_person(warehouse: Connection) -> None:
    found = [Trouble("disk <b>full</b>", "buy one"), Trouble("more", "look")]
    shared = {"SALDO_ALERTS_TO": "it@example.com, ops@example.com"}
    told = tell_people(warehouse, found, run_url="https://x/y", now=NOW, environ=shared)
    assert told == ["it@example.com", "ops@example.com"]
    ((subject, text, html, to),) = warehouse.execute(
        "select subject, body_text, body_html, recipients from ops.alert_mail where done_at is null"
    ).fetchall()
    assert subject == "Saldo maintenance: disk <b>full</b>, and 1 more"
    assert "To do: buy one" in text
    assert "&lt;b&gt;full" in html
    assert to == told
    assert tell_people(warehouse, found, run_url="", now=NOW, environ={}) == []
    assert len(left(warehouse, "ops.alert_mail", "mail_id")) == 1


def test_a_task_cleared_long_after_its_rows_went_runs_as_if_for_the_first_time(
    warehouse: Connection, dsn: str
) -> None:
    tried(warehouse, "customers", "success", 700, run="old")
    tried(warehouse, "customers", "success", 1)
    assert pruned(warehouse, "ops.sync_run") == 1
    with (
        pytest.raises(DataRejected),
        recorded(warehouse, dsn, SubjectKey("agreement", "a"), "customers", Run("saldo__a", "old")),
    ):
        raise DataRejected("again")
    assert len(left(warehouse)) == 2


def test_files_of_exports_go_when_they_were_deleted_long_ago(warehouse: Connection) -> None:
    for number, (status, ended) in enumerate(
        [("registered", None), ("deleted", 3000), ("abandoned", 3000), ("deleted", 10)]
    ):
        warehouse.execute(
            "insert into ops.export_file (file_id, agreement_id, name, layout, is_logged, is_again, status, documents, "
            "rows, sha256, created_by, created_at, ended_at) "
            "values (%s, 'a', %s, 'l', true, false, %s, 1, 1, '', 'x', %s, %s)",
            [number, f"{number}.xlsx", status, days(4000), None if ended is None else days(ended)],
        )
        warehouse.execute(
            "insert into ops.export_file_document values (%s, 'a', '1', 1, '{}')", [number]
        )
    assert pruned(warehouse, "ops.export_file") == 2
    assert left(warehouse, "ops.export_file", "file_id") == {0, 3}
    assert left(warehouse, "ops.export_file_document", "file_id") == {0, 3}


def test_exports_that_are_not_done_stay_with_their_calls(warehouse: Connection) -> None:
    for number, (status, age) in enumerate([("posted", 3000), ("unknown", 3000), ("posted", 2000)]):
        id = f"00000000-0000-0000-0000-00000000000{number}"
        warehouse.execute(
            "insert into ops.export_job (export_id, organisation, target, kind, source_id, revision, payload, "
            "payload_hash, idempotency_key, status, created_by, created_at, updated_at) "
            "values (%s, 'o', 'xledger', 'expense', '1', 1, '{}', '', %s, %s, 'x', %s, %s)",
            [id, id, status, days(age), days(age)],
        )
        warehouse.execute(
            "insert into ops.export_attempt (export_id, started_at, request, outcome) values (%s, %s, '{}', 'done')",
            [id, days(age)],
        )
    assert pruned(warehouse, "ops.export_attempt") == 2
    assert pruned(warehouse, "ops.export_job") == 1
    assert left(warehouse, "ops.export_job", "left(status, 1) || attempts") == {"u0", "p0"}
    assert len(left(warehouse, "ops.export_attempt", "export_id")) == 1


def test_claims_go_with_lines_and_receipts_but_not_before_their_export_is_done(
    warehouse: Connection,
) -> None:
    for id, age, status in (
        ("1", 3000, None),
        ("2", 3000, "failed"),
        ("3", 3000, "posted"),
        ("4", 2000, None),
    ):
        warehouse.execute(
            "insert into ops.expense (organisation, expense_id, revision, sent_as, kind, status, employee, description, date, currency, "
            "payload, payload_hash, source, received_by, received_at) "
            "values ('o', %s, 1, 1, 'expense', 'draft', 'e', 'd', '2018-01-01', 'NOK', '{}', '', 'rest', 'x', %s)",
            [id, days(age)],
        )
        warehouse.execute(
            "insert into ops.expense_line (organisation, expense_id, revision, line, category, date, text, quantity, amount, "
            "vat_amount, dimensions) values ('o', %s, 1, 1, 'c', '2018-01-01', 't', 1, 1, 0, '{}')",
            [id],
        )
        warehouse.execute(
            "insert into ops.expense_receipt values ('o', %s, 1, 1, 1, 'n', 'application/pdf', '', '')",
            [id],
        )
        if status:
            warehouse.execute(
                "insert into ops.export_job (export_id, organisation, target, kind, source_id, revision, payload, "
                "payload_hash, idempotency_key, status, created_by, created_at, updated_at) "
                "values (gen_random_uuid(), 'o', 'xledger', 'expense', %s, 1, '{}', '', %s, %s, 'x', %s, %s)",
                [id, id, status, days(age), days(age)],
            )
    assert pruned(warehouse, "ops.expense") == 2
    for table in ("ops.expense", "ops.expense_line", "ops.expense_receipt"):
        assert left(warehouse, table, "expense_id") == {"2", "4"}


def _claim(warehouse: Connection, id: str, revision: int, status: str, age: int) -> None:
    warehouse.execute(
        "insert into ops.expense (organisation, expense_id, revision, sent_as, kind, status, approved_at, employee, description, date, "
        "currency, payload, payload_hash, source, received_by, received_at) "
        "values ('o', %s, %s, %s, 'expense', %s, now(), 'e', 'd', '2018-01-01', 'NOK', '{}', '', 'rest', 'x', %s)",
        [id, revision, revision, status, days(age)],
    )


def _export(warehouse: Connection, id: str, revision: int, status: str, age: int) -> None:
    warehouse.execute(
        "insert into ops.export_job (export_id, organisation, target, kind, source_id, revision, payload, payload_hash, "
        "idempotency_key, status, created_by, created_at, updated_at) "
        "values (gen_random_uuid(), 'o', 'xledger', 'expense', %s, %s, '{}', '', %s, %s, 'x', %s, %s)",
        [id, revision, f"{id}/{revision}", status, days(age), days(age)],
    )


def test_nothing_is_exported_a_second_time_or_never_because_the_other_half_was_not_kept(
    warehouse: Connection,
) -> None:
    # Changed after its export: what was posted of the first revision stands against the second.
    _claim(warehouse, "changed", 1, "approved", 500)
    _export(warehouse, "changed", 1, "posted", 500)
    _claim(warehouse, "changed", 2, "approved", 500)
    _export(warehouse, "changed", 2, "review", 500)
    # Withdrawn before its export was sent: the first revision must not hold again.
    _claim(warehouse, "withdrawn", 1, "approved", 500)
    _export(warehouse, "withdrawn", 1, "failed", 500)
    _claim(warehouse, "withdrawn", 2, "cancelled", 500)
    _claim(warehouse, "waits", 1, "approved", 500)
    _claim(warehouse, "drafted", 1, "draft", 500)
    _claim(warehouse, "twice", 1, "approved", 500)
    _claim(warehouse, "twice", 2, "cancelled", 500)
    # Cancelled, and its claim came in again later.
    _claim(warehouse, "kept", 1, "approved", 300)
    _export(warehouse, "kept", 1, "cancelled", 500)
    assert pruned_after(warehouse, "ops.export_job", 400) == 0
    assert pruned_after(warehouse, "ops.expense", 400) == 2
    assert left(warehouse, "ops.expense", "expense_id || revision") == {
        "changed1", "changed2", "withdrawn1", "withdrawn2", "waits1", "twice2", "kept1",
    }  # fmt: skip
    assert pruned_after(warehouse, "ops.expense", 400) == 1
    assert "twice2" not in left(warehouse, "ops.expense", "expense_id || revision")
    assert pruned_after(warehouse, "ops.expense", 200) == 1
    assert pruned_after(warehouse, "ops.export_job", 400) == 1
