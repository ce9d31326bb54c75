"""Alerts from runs to mails: a real warehouse, a real SMTP server, nights that fail and succeed."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from html import unescape
from typing import Any
from urllib.parse import quote

import pytest

from saldo.agreements.agreement import Agreement
from saldo.alerts import Mailer, SmtpMailer, deliver, judge_failures, subject_of, tell
from saldo.errors import (
    AuthError,
    BadResponse,
    ConfigError,
    DataRejected,
    Evidence,
    NotLicensed,
    NotProven,
    SaldoError,
    Unavailable,
)
from saldo.files.configuration import FileConfiguration
from saldo.files.subjects import file_subjects
from saldo.rates.subjects import bank_subjects
from saldo.runs.sync_run import Run, record_unrecorded, recorded
from saldo.subject import Alerts, Kind, Subject, SubjectKey, by_key
from saldo.warehouse.connection import Connection, WarehouseUnavailable
from tests.conftest import free_port
from tests.mail import MailServer, Received
from tests.support import agreement

UI = "https://airflow.example.com"
_runs = itertools.count(1)


@pytest.fixture(scope="module")
def server() -> Iterator[MailServer]:
    found = MailServer(free_port())
    found.start()
    yield found
    found.stop()


@dataclass
class Post:
    """The watch's steps, at a time of the test's own that only goes forward."""

    warehouse: Connection
    dsn: str
    server: MailServer
    agreements: dict[str, Agreement] = field(default_factory=dict)
    others: list[Subject] = field(default_factory=list)
    now: datetime = field(default_factory=lambda: datetime.now(UTC))
    environ: dict[str, str] = field(default_factory=dict)

    def agreement(self, id: str, *to: str, **alerts: int) -> Agreement:
        to = to or ("finance@example.com",)
        self.agreements[id] = agreement(id, name=f"{id} ApS", alerts=Alerts(to=to, **alerts))
        return self.agreements[id]

    def run(
        self, id: str, mode: str = "auto", *, report: bool = True, **results: SaldoError | None
    ) -> Run:
        """A run of an agreement: what became of each task."""
        run = self.new_run(f"saldo__{id}", mode)
        for entity, error in results.items():
            self.attempt(id, entity, run, error)
        if report:
            self.attempt(id, "report", run, None)
        return run

    def new_run(self, dag_id: str, mode: str = "auto") -> Run:
        return Run(dag_id, f"scheduled__2026-01-01T0{next(_runs)}:00:00+00:00", 1, mode)

    def attempt(self, id: str, entity: str, run: Run, error: SaldoError | None) -> None:
        self.attempt_of(SubjectKey("agreement", id), entity, run, error)

    def attempt_of(self, key: SubjectKey, entity: str, run: Run, error: SaldoError | None) -> None:
        try:
            with recorded(self.warehouse, self.dsn, key, entity, run):
                if error:
                    raise error
        except SaldoError:
            return

    def watch(self, **later: float) -> list[Received]:
        """One minute of the watch; the mails it sent."""
        self.now += timedelta(**(later or {"minutes": 1}))
        self.judge()
        deliver(self.warehouse, self.server.mailer, now=self.now)
        return self.server.take()

    def judge(self) -> None:
        subjects = by_key([*map(subject_of, self.agreements.values()), *self.others])
        judge_failures(self.warehouse, subjects, now=self.now)
        tell(self.warehouse, subjects, now=self.now, ui_url=UI, environ=self.environ)


@pytest.fixture
def post(warehouse: Connection, dsn: str, server: MailServer) -> Post:
    warehouse.execute(
        "truncate ops.sync_run, ops.alert, ops.alert_mail, ops.alert_mail_attachment, ops.watched"
    )
    server.refuses.clear()
    server.take()
    return Post(warehouse, dsn, server)


TOKEN = AuthError("economic, agreement 'a': GET /self answered 401; renew the grant token")
DOWN = Unavailable("economic: GET /accounts answered 503", Evidence(503, "id-1", "<html>"))


def test_two_failed_nights_are_one_mail_and_a_recovery_is_one(post: Post) -> None:
    post.agreement("nord")
    post.run("nord", entries=TOKEN, accounts=None)
    assert post.watch() == []
    run = post.run("nord", entries=TOKEN, accounts=None)
    (mail,) = post.watch()
    assert mail.to == ["finance@example.com"]
    assert mail.subject == "Saldo: nord ApS: e-conomic refuses the credentials"
    for body in (mail.text, mail.html):
        assert "renew the grant token" in body
        assert "2 runs in a row" in body
        assert (
            f"{UI}/dags/saldo__nord/runs/{run.run_id.replace(':', '%3A').replace('+', '%2B')}"
            in body
        )
        assert "/tasks/land.entries?try_number=1" in body
        assert "accounts" not in body
    for _ in range(3):
        post.run("nord", entries=TOKEN)
        assert post.watch() == []
    post.run("nord", entries=None)
    (mail,) = post.watch()
    assert mail.subject == "Saldo: nord ApS: well again"
    post.run("nord", entries=None)
    assert post.watch() == []


def test_one_damage_that_fails_two_tasks_is_one_mail(post: Post) -> None:
    post.agreement("nord")
    broken = DataRejected("agreement 'nord': 1 rule(s) are broken. Voucher 4711")
    differs = NotProven("nord: 1 of 34 totals differ from the vendor's own. Account 5820")
    for _ in range(2):
        post.run("nord", facts=None, validate=broken, prove=differs)
    (mail,) = post.watch()
    assert mail.subject.endswith(", and 1 more")
    assert "Voucher 4711" in mail.text
    assert "Account 5820" in mail.text
    post.run("nord", facts=None, validate=None, prove=None)
    (mail,) = post.watch()
    assert mail.subject == "Saldo: nord ApS: well again"


def test_nothing_is_said_before_the_run_has_ended(post: Post) -> None:
    post.agreement("slow", after_failures=1)
    run = post.run("slow", entries=DOWN, report=False)
    assert post.watch() == []
    post.attempt("slow", "entries", run, None)  # a retry
    post.attempt("slow", "report", run, None)
    assert post.watch() == []
    run = post.run("slow", entries=DOWN, report=False)
    post.attempt("slow", "entries", run, DOWN)
    post.attempt("slow", "report", run, None)
    assert len(post.watch()) == 1


def test_tries_of_a_run_are_one_failure(post: Post) -> None:
    post.agreement("tries")
    run = post.run("tries", entries=DOWN, report=False)
    for _ in range(3):
        post.attempt("tries", "entries", run, DOWN)
    post.attempt("tries", "report", run, None)
    assert post.watch() == []


def test_another_reason_is_told_other_numbers_are_not(post: Post) -> None:
    post.agreement("change", after_failures=1)
    post.run("change", entries=BadResponse("entry 4711: field `date` is missing"))
    assert len(post.watch()) == 1
    post.run("change", entries=BadResponse("entry 4812: field `date` is missing"))
    assert post.watch() == []
    post.run("change", entries=BadResponse("entry 4812: field `amount` is a text"))
    (mail,) = post.watch()
    assert "another reason" in mail.subject
    assert "`amount`" in mail.text
    assert post.watch() == []


def test_a_reminder_after_the_agreements_hours(post: Post) -> None:
    post.agreement("remind", after_failures=1, remind_after_hours=6)
    post.run("remind", entries=TOKEN)
    assert len(post.watch()) == 1
    assert post.watch(hours=5.9) == []
    (mail,) = post.watch(hours=0.2)
    assert mail.subject.startswith("Saldo: still: remind ApS")
    assert post.watch(hours=5.9) == []
    assert len(post.watch(hours=0.2)) == 1


def test_a_reminder_does_not_wait_for_ever_for_others(post: Post) -> None:
    """Another agreement of the vendor, whose trouble it could share, is there and well."""
    post.agreement("nord", remind_after_hours=1)
    post.agreement("well")
    for _ in range(2):
        post.run("nord", entries=TOKEN)
        post.run("well", entries=None)
    sent = [mail for _ in range(5) for mail in post.watch()]
    assert len(sent) == 1
    assert post.watch(hours=1) == []
    sent = [mail for _ in range(6) for mail in post.watch()]
    assert [mail.subject for mail in sent] == [
        "Saldo: still: nord ApS: e-conomic refuses the credentials"
    ]


def test_windows_count_for_nothing_but_repair_what_judges_the_whole(post: Post) -> None:
    post.agreement("window", after_failures=1)
    post.run("window", mode="window", entries=TOKEN, prove=DataRejected("differs"))
    assert post.watch() == []
    post.run("window", entries=TOKEN, prove=DataRejected("account 1010 differs by 0.01"))
    (mail,) = post.watch()
    assert {"entries", "prove"} <= set(re.findall(r"^(\w+):$", mail.text, re.M))
    post.run("window", mode="window", entries=None, prove=None)
    (mail,) = post.watch()
    assert "prove" in mail.text
    assert "entries" not in mail.text
    post.run("window", mode="full", entries=None)
    assert "entries" in post.watch()[0].text


def test_what_a_run_leaves_out_says_nothing(post: Post) -> None:
    post.agreement("left")
    post.run("left", entries=TOKEN, accounts=None)
    post.run("left", accounts=None)
    assert post.watch() == []
    post.run("left", entries=TOKEN, accounts=None)
    assert len(post.watch()) == 1


def test_a_module_that_is_not_bought_is_no_trouble(post: Post) -> None:
    post.agreement("module", after_failures=1)
    post.run("module", departments=TOKEN)
    assert len(post.watch()) == 1
    post.run("module", departments=NotLicensed("the module is not bought"))
    (mail,) = post.watch()
    assert mail.subject == "Saldo: module ApS: well again"
    post.run("module", departments=NotLicensed("the module is not bought"))
    assert post.watch() == []


def test_a_success_in_between_starts_the_count_anew(post: Post) -> None:
    post.agreement("count")
    for result in (TOKEN, None, TOKEN):
        post.run("count", entries=result)
    assert post.watch() == []


def test_killed_tasks_count(post: Post) -> None:
    """One left its row on running; another never got to write one."""
    post.agreement("killed")
    for _ in range(2):
        run = post.run("killed", report=False)
        post.warehouse.execute(
            "insert into ops.sync_run (agreement_id, entity, dag_id, run_id, try_number, mode, "
            "started_at, status) values ('killed', 'entries', %s, %s, 1, 'auto', now(), 'running')",
            [run.dag_id, run.run_id],
        )
        states = {"entries": "failed", "facts": "failed", "accounts": "success"}
        record_unrecorded(post.warehouse, SubjectKey("agreement", "killed"), run, states)
        post.attempt("killed", "report", run, None)
    (mail,) = post.watch()
    assert sorted(re.findall(r"^(\w+):$", mail.text, re.M)) == ["entries", "facts"]
    assert mail.subject == "Saldo: killed ApS: a task was killed before it ended, and 1 more"
    assert "the log of the task" in mail.text


def test_a_common_cause_is_one_digest(post: Post) -> None:
    for number in range(5):
        post.agreement(f"d{number}", "finance@example.com", after_failures=1)
    post.agreement("d5", "finance@example.com", "other@example.com", after_failures=1)
    post.agreement("well")
    post.run("d0", entries=DOWN, accounts=DOWN)
    assert post.watch() == []  # others may have the same
    for number in range(1, 6):
        post.run(f"d{number}", entries=DOWN)
    assert post.watch() == []
    both = post.watch(minutes=3)
    assert [(m.subject, m.to) for m in both] == [
        (
            "Saldo: 6 agreements: e-conomic cannot be reached or does not answer properly",
            ["finance@example.com"],
        ),
        (
            "Saldo: d5 ApS: e-conomic cannot be reached or does not answer properly",
            ["other@example.com"],
        ),
    ]
    assert all(f"d{n} ApS" in both[0].html and f"d{n} ApS" in both[0].text for n in range(6))
    for number in range(6):
        post.run(f"d{number}", entries=None, accounts=None)
    assert post.watch() == []
    both = post.watch(minutes=4)
    assert [m.subject for m in both] == [
        "Saldo: 6 agreements: well again",
        "Saldo: d5 ApS: well again",
    ]


def test_a_digest_waits_for_runs_that_fail_the_same_way(post: Post) -> None:
    post.agreement("w0", after_failures=1)
    post.agreement("w1", after_failures=1)
    post.run("w0", entries=DOWN)
    run = post.run("w1", entries=DOWN, report=False)
    assert post.watch() == []
    assert post.watch(minutes=10) == []
    post.attempt("w1", "entries", run, DOWN)
    post.attempt("w1", "report", run, None)
    (mail,) = post.watch()
    assert "2 agreements" in mail.subject
    assert "answered 503\n" in mail.text
    assert "id-1" not in mail.text


def test_a_digest_does_not_wait_for_ever(post: Post) -> None:
    post.agreement("v0", after_failures=1)
    post.agreement("v1", after_failures=1)
    post.run("v0", entries=DOWN)
    post.run("v1", entries=DOWN, report=False)
    assert post.watch() == []
    assert len(post.watch(minutes=30)) == 1


def test_a_mail_server_that_is_down_delays_and_loses_nothing(post: Post) -> None:
    post.agreement("down", after_failures=1)
    post.run("down", entries=TOKEN)
    post.server.stop()
    try:
        assert post.watch() == []
        assert post.watch(minutes=5) == []
        row = post.warehouse.execute(
            "select a.sent_at, m.done_at, m.attempts, m.last_error from ops.alert as a "
            "inner join ops.alert_mail as m on a.alert_id = any(m.alert_ids)"
        ).fetchall()
        assert [r[:3] for r in row] == [(None, None, 2)]
        assert "refused" in row[0][3].lower()
        assert post.watch(hours=30) == []  # and no reminder of what was never sent
    finally:
        post.server.start()
    (mail,) = post.watch(minutes=20)
    assert "refuses the credentials" in mail.subject
    assert post.watch(minutes=20) == []
    row = post.warehouse.execute("select sent_at is not null from ops.alert").fetchone()
    assert row == (True,)


def test_a_wrong_address_keeps_nobody_else_from_the_mail(
    post: Post, caplog: pytest.LogCaptureFixture
) -> None:
    post.agreement(
        "wrong", "gone@example.com", "here@example.com", "busy@example.com", after_failures=1
    )
    post.server.refuses = {"gone@example.com": "550 no such user", "busy@example.com": "451 later"}
    post.run("wrong", entries=TOKEN)
    (mail,) = post.watch()
    assert mail.to == ["here@example.com"]
    assert "gone@example.com is refused (550 no such user)" in caplog.text
    del post.server.refuses["busy@example.com"]
    (again,) = post.watch(minutes=5)
    assert again.to == ["busy@example.com"]
    assert again.message["Message-ID"] == mail.message["Message-ID"]
    assert post.watch(minutes=60) == []
    row = post.warehouse.execute(
        "select refused, done_at is not null from ops.alert_mail"
    ).fetchone()
    assert row == ({"gone@example.com": "550 no such user"}, True)


def test_names_like_html_and_headers_are_harmless(post: Post) -> None:
    post.agreement("odd", after_failures=1)
    name = 'Sørensen & Æbler <script>alert("x")</script>\r\nBcc: thief@example.com'
    post.agreements["odd"] = post.agreements["odd"].model_copy(update={"name": name})
    post.run("odd", entries=BadResponse("customer <b>Øl</b>\r\n.\r\nQUIT\x1b[2J"))
    (mail,) = post.watch()
    assert "<script>" not in mail.html
    assert "<b>Øl" not in mail.html
    assert "Sørensen &amp; Æbler &lt;script&gt;" in mail.html
    assert "customer <b>Øl</b>" in mail.text
    assert mail.subject.startswith("Saldo: Sørensen & Æbler <script>")
    assert mail.message["Bcc"] is None
    assert mail.to == ["finance@example.com"]
    assert "\x1b" not in mail.text
    assert [part.get_content_type() for part in mail.message.iter_parts()] == [
        "text/plain",
        "text/html",
    ]


class _Killed(BaseException):
    pass


def test_a_kill_between_sending_and_the_mark_repeats_the_mail_and_its_id(post: Post) -> None:
    post.agreement("kill", after_failures=1)
    post.run("kill", entries=TOKEN)

    class Killing:
        """Dies when the server has the mail, before anybody could note it."""

        def __init__(self, mailer: SmtpMailer) -> None:
            self.sender, self._mailer = mailer.sender, mailer

        def send(self, message: EmailMessage, recipients: Sequence[str]) -> Mapping[str, str]:
            self._mailer.send(message, recipients)
            raise _Killed

    def killed_after_sending() -> Iterator[Mailer]:
        yield from map(Killing, post.server.mailer())

    post.judge()
    with pytest.raises(_Killed):
        deliver(post.warehouse, killed_after_sending, now=post.now)
    (first,) = post.server.take()
    assert deliver(post.warehouse, post.server.mailer, now=post.now) == 0  # claimed a moment ago
    (second,) = post.watch(minutes=2)
    assert second.message["Message-ID"] == first.message["Message-ID"]
    assert post.watch(minutes=60) == []


def test_nobody_named_falls_back_and_then_to_the_table(
    post: Post, caplog: pytest.LogCaptureFixture
) -> None:
    post.agreement("maintenance_lock", after_failures=1)
    post.agreements["maintenance_lock"] = agreement(
        "maintenance_lock", alerts=Alerts(after_failures=1)
    )
    post.run("maintenance_lock", entries=TOKEN)
    assert post.watch() == []
    assert "nobody is notified" in caplog.text
    row = post.warehouse.execute("select task, closed_at, sent_at from ops.alert").fetchone()
    assert row == ("entries", None, None)
    post.environ["SALDO_ALERTS_TO"] = "ops@example.com, not an address"
    post.run("maintenance_lock", entries=None)
    (mail,) = post.watch()
    assert mail.to == ["ops@example.com"]


def test_an_entity_no_longer_wanted_ends_its_alert(post: Post) -> None:
    post.agreement("less", after_failures=1)
    post.run("less", departments=TOKEN)
    assert len(post.watch()) == 1
    post.agreements["less"] = agreement("less", exclude=("departments",))
    assert post.watch() == []
    row = post.warehouse.execute("select closed_at is not null from ops.alert").fetchone()
    assert row == (True,)


def test_what_other_dags_record_is_no_ones_night(post: Post) -> None:
    post.agreement("pdf", after_failures=1)
    post.run("pdf", entries=None)
    run = Run("saldo_documents", "voucher__1")
    post.attempt("pdf", "document", run, DOWN)
    post.run("pdf", entries=None)
    assert post.watch() == []


def test_a_history_of_successes_costs_nothing(post: Post) -> None:
    """The watch looks at what is not well, whatever else there is."""
    post.agreement("long", after_failures=1)
    post.warehouse.execute(
        "insert into ops.sync_run (agreement_id, entity, dag_id, run_id, try_number, mode, started_at, "
        "finished_at, status) select 'long', 'e' || e, 'saldo__long', 'r' || r, 1, 'auto', "
        "now() - r * interval '1 day', now(), 'success' from generate_series(1, 40) e, "
        "generate_series(1, 1000) r"
    )
    post.run("long", entries=TOKEN)
    post.warehouse.execute("analyze ops.sync_run")
    began = datetime.now(UTC)
    assert len(post.watch()) == 1
    assert datetime.now(UTC) - began < timedelta(seconds=1)


def test_tasks_that_fail_for_one_cause_are_told_in_one_sentence(post: Post) -> None:
    post.agreement("many", after_failures=1)
    errors = {
        name: AuthError(f"{name}: GET /{name} answered 401") for name in ("accounts", "entries")
    }
    post.run("many", **errors)
    (mail,) = post.watch()
    assert "accounts, entries:\n    accounts: GET /accounts answered 401\nLog: " in mail.text
    assert mail.text.count("answered 401") == mail.html.count("answered 401") == 1


# --- files and exports ---------------------------------------------------------------------------


def other(kind: Kind, id: str, dag_id: str, **more: Any) -> Subject:
    """A file or an export, as its configuration will make one."""
    return Subject(
        key=SubjectKey(kind, id),
        name=more.pop("name", f"{kind} of Nordlys"),
        dag_id=dag_id,
        system=more.pop("system", "sharepoint"),
        system_name=more.pop("system_name", "SharePoint"),
        alerts=Alerts(to=("controller@example.com",), **more),
    )


FILE = other("file", "budget_nordlys", "saldo_files", name="Budget of Nordlys")
EXPORT = other(
    "export", "nordlys", "saldo_export__nordlys", name="Expenses of Nordlys",
    system="business_central", system_name="Business Central",
)  # fmt: skip


NAMED_IN = {
    "file": "notified, and when: `SALDO_ALERTS_TO`.",
    "export": "notified, and when: `alerts` in the export's configuration.",
}


@pytest.mark.parametrize(
    ("subject", "error", "said"),
    [
        (FILE, Unavailable("GET /drives/1 answered 503"), "SharePoint cannot be reached or does not answer properly"),
        (EXPORT, AuthError("POST /journals answered 401; renew the secret"), "Business Central refuses the credentials"),
    ],
    ids=["file", "export"],
)  # fmt: skip
def test_files_and_exports_are_told_of_like_agreements(
    post: Post, subject: Subject, error: SaldoError, said: str
) -> None:
    post.others.append(subject)
    post.agreement(subject.key.id)  # the same id, another kind: neither is the other's
    post.run(subject.key.id, work=None)

    def run(error: SaldoError | None) -> Run:
        run = post.new_run(subject.dag_id)
        post.attempt_of(subject.key, "work", run, error)
        post.attempt_of(subject.key, "report", run, None)
        return run

    run(error)
    assert post.watch() == []
    last = run(error)
    (mail,) = post.watch()
    assert mail.to == ["controller@example.com"]
    assert mail.subject == f"Saldo: {subject.name}: {said}"
    kind, id = subject.key
    for body in (mail.text, unescape(mail.html)):
        assert f"({kind} {id}, {subject.system_name})" in body
        assert "2 runs in a row" in body
        assert NAMED_IN[kind] in body.replace("<code>", "`").replace("</code>", "`")
        assert "agreement" not in body
    assert f"{UI}/dags/{subject.dag_id}/runs/{quote(last.run_id, safe='')}/tasks/work" in mail.text
    for _ in range(3):
        run(error)
        assert post.watch() == []
    row = post.warehouse.execute(
        "select distinct subject_kind, subject_id, agreement_id from ops.sync_run where status = 'failed'"
    ).fetchall()
    assert row == [(kind, id, None)]
    run(None)
    (mail,) = post.watch()
    assert mail.subject == f"Saldo: {subject.name}: well again"
    assert post.watch() == []


def test_rates_of_banks_are_told_of_to_whoever_hears_of_everything(post: Post) -> None:
    post.environ["SALDO_ALERTS_TO"] = "ops@example.com"
    post.others += bank_subjects({"SALDO_EXCHANGE_RATES": "ecb,riksbank"})
    away = WarehouseUnavailable("the warehouse cannot be used: no disk")
    for errors in ((DOWN, None), (DOWN, None), (None, away), (None, away)):
        for subject, error in zip(post.others, errors, strict=True):
            run = post.new_run(subject.dag_id)
            post.attempt_of(subject.key, "rates", run, error)
            post.attempt_of(subject.key, "report", run, None)
    failed = {mail.subject: mail for mail in post.watch()}
    (subject,) = failed
    assert subject == "Saldo: Exchange rates of Sveriges Riksbank: the warehouse cannot be used"
    (mail,) = failed.values()
    assert mail.to == ["ops@example.com"]
    assert "(rates riksbank, Sveriges Riksbank)" in mail.text
    for body in (mail.text, unescape(mail.html)):
        assert "SALDO_ALERTS_TO" in body
        assert "alerts` in" not in body


def test_one_cause_of_subjects_of_several_kinds_is_one_mail(post: Post) -> None:
    post.agreement("a", "controller@example.com", after_failures=1)
    post.agreement("b", "controller@example.com", after_failures=1)
    file = other("file", "budget", "saldo_files", system="economic", after_failures=1)
    post.others.append(file)
    away = WarehouseUnavailable("the warehouse cannot be used: no disk")
    for id in ("a", "b"):
        post.run(id, entries=away)
    run = post.new_run(file.dag_id)
    post.attempt_of(file.key, "budget", run, away)
    post.attempt_of(file.key, "report", run, None)
    (mail,) = post.watch()
    assert mail.subject == "Saldo: 2 agreements and 1 file: the warehouse cannot be used"
    assert "`alerts` in the agreement's file or `SALDO_ALERTS_TO`." in mail.text


def test_a_file_that_nobody_configures_any_more_is_not_told_of(post: Post) -> None:
    file = other("file", "gone", "saldo_files", after_failures=1)
    run = post.new_run(file.dag_id)
    post.attempt_of(file.key, "gone", run, DOWN)
    post.attempt_of(file.key, "report", run, None)
    assert post.watch() == []


def test_a_file_configuration_is_told_of(post: Post) -> None:
    """Not of refused files, which their owners hear of, nor of the first failure."""
    post.environ["SALDO_ALERTS_TO"] = "it@example.com"
    place = {"site": "contoso.sharepoint.com:/sites/Finance", "connection": "graph"}
    says = {"id": "budget", "kind": "budget", "agreement": "x", "source": {"sharepoint": place}}
    post.others = file_subjects([FileConfiguration.model_validate(says)])
    key, runs = SubjectKey("file", "budget"), []

    def run(error: SaldoError | None) -> list[Received]:
        runs.append(post.new_run("saldo_files"))
        post.attempt_of(key, "files", runs[-1], error)
        post.attempt_of(key, "report", runs[-1], None)
        return post.watch()

    refused = DataRejected("file 'budget': Budget 2026.xlsx is refused: B3: …")
    missing = ConfigError("Microsoft Graph, file 'budget': there is no folder 'Budgets'")
    denied = AuthError("the app may not read the site: an administrator must grant it")
    for error in (refused, refused, refused, denied, refused, denied, None, missing):
        assert run(error) == [], error
    (mail,) = run(missing)
    assert mail.to == ["it@example.com"]
    assert mail.subject == "Saldo: Files of budget: a setting must be corrected"
    assert "no folder 'Budgets'" in mail.text
    path = f"dags/saldo_files/runs/{quote(runs[-1].run_id, safe='')}/tasks/sharepoint/mapped"
    assert f"{UI}/{path}" in mail.text
    (mail,) = run(denied)
    assert "another reason" in mail.subject
    # The folder is there and can be read: what is wrong with a file in it is another matter.
    (mail,) = run(refused)
    assert mail.subject == "Saldo: Files of budget: well again"
    assert run(None) == []


def test_a_dropped_entity_does_not_fail_again(post: Post) -> None:
    """The rows of its last runs are still there, and say that it failed."""
    post.agreement("less", after_failures=1)
    post.run("less", departments=TOKEN)
    assert len(post.watch()) == 1
    alerts = post.agreements["less"].alerts
    post.agreements["less"] = agreement("less", exclude=("departments",), alerts=alerts)
    for _ in range(3):
        assert post.watch(minutes=5) == []
    rows = post.warehouse.execute("select closed_at is not null from ops.alert").fetchall()
    assert rows == [(True,)]
