"""Questions to people: what becomes of exports to accounting systems that wait for a person's word."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, TypeVar
from uuid import UUID

from airflow.providers.standard.operators.hitl import HITLOperator
from airflow.sdk import AssetAlias, BaseOperator, Param
from airflow.sdk.exceptions import AirflowFailException, AirflowSkipException

from .accounting_step import due_asset

if TYPE_CHECKING:
    from airflow.sdk import Context

    from saldo.exports.accounting.jobs import Job
    from saldo.warehouse.connection import Connection

RETRY, CANCEL, BY_HAND, LATER = "Retry", "Cancel", "Booked by hand", "Later"
#: How long a question stands. The next run asks what is still open anew, as it is then: what was decided elsewhere is not asked.
STANDS = timedelta(minutes=50)
#: Questions at the same time.
MOST = 50
#: Of what waits, this much is gone through in turns.
_ALL = 2_000
T = TypeVar("T")
#: What is decided of an export and not sent yet, which may be its expense's next revision.
_DECIDED = """
select p.organisation from ops.export_job as j
inner join ops.export_job as p on p.organisation = j.organisation and p.kind = j.kind and p.source_id = j.source_id
where j.export_id = %s and p.status = 'pending' limit 1
"""
#: An outlet of the questions' task: has an event of the organisation's `due_asset` when something of it may be sent again.
DUE_NOW = AssetAlias("saldo_export_due_now")


def form() -> dict[str, Param]:
    """What a person may say besides the choice."""
    return {
        "reference": Param(
            "",
            type=["null", "string"],
            title="Reference",
            description="Booked by hand: the number it has in the accounting system.",
        ),
        "note": Param(
            "", type=["null", "string"], title="Note", description="Why; it is kept with the decision."
        ),
        "accept_second": Param(
            False,
            type=["null", "boolean"],
            title="Accept a second one",
            description="Retry: send it although one like it, or an older revision of it, may be there. It may then be booked twice.",
        ),
        "mapping": Param(
            None,
            type=["null", "object"],
            title="Mapping",
            description='Retry: a part of the file\'s mapping, for this one only. Such as {"accounts": {"travel": "7140"}}.',
        ),
        "lines": Param(
            None,
            type=["null", "array"],
            items={"type": "object"},
            title="Lines",
            description='Retry: corrected lines, which become the expense\'s next revision. Such as [{"line": 1, "category": "travel"}]; '
            "category, vat_code, dimensions, text and date.",
        ),
    }  # fmt: skip


class QuestionsOperator(BaseOperator):
    """What is to be asked: exports that wait for a person's word, the newest first; where more wait than can be asked at once, they take
    turns, hour by hour. Returns the arguments of a task for each."""

    ui_color = "#f4eeda"

    def execute(self, context: Context) -> list[dict[str, str]]:
        from saldo.exports.accounting.jobs import jobs_of
        from saldo.exports.loading import load_accounting_exports
        from saldo.hooks.warehouse import WarehouseHook
        from saldo.warehouse.connection import connect
        from saldo.warehouse.migrations import migrate

        dsn = WarehouseHook().dsn()
        migrate(dsn)
        known = [one.organisation for one in load_accounting_exports().good]
        with connect(dsn) as connection:
            jobs = jobs_of(connection, organisations=known, status=("review",), limit=_ALL)
        if len(jobs) > MOST:
            self.log.warning("%s wait: %s are asked about, and the others in turn", len(jobs), MOST)
        return [
            {
                "export_id": str(job.export_id), "about": f"{job.organisation} {job.source_id}",
                "seen": job.updated_at.isoformat(),
            }
            for job in in_turn(jobs, int(datetime.now(UTC).timestamp() // 3600))
        ]  # fmt: skip


def in_turn(jobs: Sequence[T], hour: int) -> Sequence[T]:
    """At most MOST of them: nobody waits for good because others are not answered."""
    turns = -(-len(jobs) // MOST) or 1
    first = hour % turns * MOST
    return jobs[first : first + MOST]


class ReviewOperator(HITLOperator):
    """Ask what becomes of one export, and do it in the name of whoever answers. export_id: of ops.export_job; about: in the list
    of tasks; seen: when it became what is asked about. What somebody has decided elsewhere meanwhile stays as it is, and so does what has
    come back with something else since: nobody was asked about that."""

    #: What is shown comes from the warehouse, and is no template.
    template_fields = ()
    ui_color = "#f4eeda"

    def __init__(self, *, export_id: str, about: str, seen: str, **kwargs: Any) -> None:
        super().__init__(
            subject=about,
            options=[RETRY, CANCEL, BY_HAND, LATER],
            defaults=LATER,
            response_timeout=STANDS,
            **kwargs,
        )
        self.export_id, self.about, self.seen = export_id, about, seen

    def execute(self, context: Context) -> Any:
        from saldo.exports.accounting.questions import question

        with _connected() as connection:
            job = _waiting(connection, UUID(self.export_id), self.seen)
            if job is None:
                if self._is_sent_on(connection, context):
                    return None
                raise AirflowSkipException("it was decided elsewhere meanwhile, or is asked anew")
            asked = question(connection, job)
        self.subject, self.body = asked.subject, asked.body
        return super().execute(context)

    def execute_complete(self, context: Context, event: dict[str, Any]) -> Any:
        from saldo.runs import audit

        answer = super().execute_complete(context, event)
        [choice], given = answer["chosen_options"], answer["params_input"]
        if choice == LATER:
            self.log.info("%s: nothing is decided yet, it is asked again", self.about)
            return choice
        user = answer["responded_by_user"] or {}
        actor = user.get("name") or user.get("id") or audit.NOBODY
        with _connected() as connection:
            job = _waiting(connection, UUID(self.export_id), self.seen)
            if job is None:
                self.log.warning(
                    "%s was decided elsewhere, or is another since it was asked: nothing is changed",
                    self.about,
                )
                self._is_sent_on(connection, context)
                return choice
            self._decide(connection, job, choice, given, actor)
        self.log.info("%s: %s, decided by %s", self.about, choice, actor)
        if choice == RETRY:
            self._start(context, job.organisation)
        return choice

    def _is_sent_on(self, connection: Connection, context: Context) -> bool:
        """Whether what was decided before is still to be sent. Its run is asked for again: whoever decided may have been killed before
        Airflow heard of it, and a task that is skipped tells nobody."""
        row = connection.execute(_DECIDED, [self.export_id]).fetchone()
        if row is None:
            return False
        self.log.info("%s was decided, and is to be sent", self.about)
        self._start(context, row[0])
        return True

    def _start(self, context: Context, organisation: str) -> None:
        context["outlet_events"][DUE_NOW].add(
            due_asset(organisation), extra={"export_id": self.export_id}
        )

    def _decide(
        self, connection: Connection, job: Job, choice: str, given: dict[str, Any], actor: str
    ) -> None:
        """Raises AirflowFailException for an answer that cannot be followed: the next run asks again."""
        from saldo.errors import ConfigError, SaldoError
        from saldo.exports.accounting import deciding
        from saldo.exports.loading import accounting_export

        reference, note = (str(given.get(name) or "").strip() for name in ("reference", "note"))
        try:
            if choice == CANCEL:
                deciding.cancel(connection, job.export_id, actor=actor, note=note)
            elif choice == BY_HAND:
                deciding.book_by_hand(connection, job.export_id, reference, actor=actor, note=note)
            elif given.get("lines"):
                if given.get("mapping"):
                    raise ConfigError("mapping and lines are both filled in; say one of them")
                deciding.edit_lines(
                    connection, job.export_id, given["lines"], actor=actor, note=note, configuration=accounting_export(job.organisation)
                )  # fmt: skip
            else:
                deciding.retry(
                    connection,
                    job.export_id,
                    actor=actor,
                    override=given.get("mapping") or None,
                    accept_second=bool(given.get("accept_second")),
                    note=note,
                    configuration=accounting_export(job.organisation),
                )
        except SaldoError as error:
            raise AirflowFailException(f"{self.about}: {error}. It is asked again") from None


def _connected() -> Any:
    from saldo.hooks.warehouse import WarehouseHook
    from saldo.warehouse.connection import connect

    return connect(WarehouseHook().dsn())


def _waiting(connection: Connection, export_id: UUID, seen: str) -> Job | None:
    """The export, where it still waits for a person's word about what it was at that moment."""
    from saldo.exports.accounting.jobs import UnknownExport, job_of

    try:
        job = job_of(connection, export_id)
    except UnknownExport:
        return None
    is_same = job.status == "review" and job.updated_at == datetime.fromisoformat(seen)
    return job if is_same else None
