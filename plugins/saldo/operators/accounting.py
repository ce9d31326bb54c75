"""The steps of an accounting export, each a thin task over the engine (saldo.exports.accounting.sending): any of them may be
killed anywhere, and run again."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any
from uuid import UUID

from airflow.sdk import Asset, BaseOperator

from saldo.errors import ConfigError, Unavailable

from .context import record_start, run_of

if TYPE_CHECKING:
    from airflow.sdk import Context

    from saldo.exports.accounting.configuration import AccountingExport
    from saldo.exports.accounting.register.counts import Counts
    from saldo.exports.accounting.sending import Export
    from saldo.runs.sync_run import SyncRun
    from saldo.warehouse.connection import Connection

#: Exports in one task of `send`, and how many such tasks a run has at most: then each has more.
CHUNK, CHUNKS = 200, 50
#: What `collect` returns where the run is for everything that is due.
ALL = "all"


def due_asset(organisation: str) -> Asset:
    """Has an event when people have decided something of the organisation that is to be sent now."""
    return Asset(
        name=f"saldo_export_due_{organisation}", uri=f"x-saldo://export_due/{organisation}"
    )


class AccountingOperator(BaseOperator):
    """Base of the steps. organisation: names the file."""

    ui_color = "#e9f3d8"
    #: Whether the step does something in a dry run.
    tries_dry = False

    def __init__(self, *, organisation: str, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.organisation = organisation

    def execute(self, context: Context) -> Any:
        from saldo.exports.loading import accounting_export
        from saldo.hooks.warehouse import WarehouseHook
        from saldo.runs.sync_run import recorded
        from saldo.subject import SubjectKey
        from saldo.warehouse.connection import connect
        from saldo.warehouse.migrations import migrate

        dsn, run = WarehouseHook().dsn(), run_of(context)
        migrate(dsn)
        key = SubjectKey("export", self.organisation)
        with connect(dsn) as connection:
            record_start(connection, context, key)
            with recorded(connection, dsn, key, self.task_id, run) as sync_run:
                if why_not := self.left_out(context):
                    sync_run.skip(why_not)
                    self.log.info("%s: %s", self.organisation, why_not)
                    return None
                step = Step(
                    connection,
                    dsn,
                    accounting_export(self.organisation),
                    context,
                    sync_run,
                    self.log,
                )
                found = self.work(step)
                if sync_run.note:
                    self.log.info("%s: %s", self.organisation, sync_run.note)
                return found

    def left_out(self, context: Context) -> str:
        """Why this run does without the step; empty where it does not."""
        is_dry = bool(dict(context["params"]).get("dry_run"))
        return "a dry run writes nothing" if is_dry and not self.tries_dry else ""

    def work(self, step: Step) -> Any:
        """Do it; what is returned is for the next task."""
        raise NotImplementedError


class CollectOperator(AccountingOperator):
    """Take in what lies in the inbox, and register what is approved: all of it, or the expenses of the run's form. Returns the
    ids of the exports that the run is for; ALL where it is for all."""

    def work(self, step: Step) -> list[str] | str:
        from saldo.exports.accounting.registering import register, register_approved

        connection, configuration, counts = (
            step.connection,
            step.configuration,
            step.sync_run.counts,
        )
        taken = self._inbox(step)
        if step.expenses or step.chosen:
            jobs = [
                register(connection, configuration, one, actor=step.actor) for one in step.expenses
            ]
            step.sync_run.note = f"{taken}registered, as asked for: {len(jobs)}"
            return [str(id) for id in (*step.chosen, *(job.export_id for job in jobs))]
        counts.inserted = register_approved(connection, configuration, actor=step.actor)
        step.sync_run.note = f"{taken}registered: {counts.inserted}"
        return ALL

    def _inbox(self, step: Step) -> str:
        """All that waits in it; what became of it, in words."""
        from saldo.exports.accounting.inbox import take_all

        found = take_all(step.connection, step.configuration)
        step.sync_run.counts.read = found.taken + found.refused
        if found.refused:
            self.log.warning(
                "%s: %s of ops.expense_inbox are refused; what is wrong stands beside each",
                self.organisation, found.refused,
            )  # fmt: skip
        is_any = found.taken or found.refused
        return f"from the inbox: {found.taken}, refused: {found.refused}; " if is_any else ""


class SettleOperator(AccountingOperator):
    """Look up what was sent and not seen to arrive."""

    def work(self, step: Step) -> None:
        step.told(step.export().settle())


class CheckOperator(AccountingOperator):
    """Map what is due, and compare it with the target's own accounts, payees, dimensions and periods: what it would refuse goes to
    review before anything is sent. In a dry run that is all, nothing is written, and the log tells what would be sent."""

    tries_dry = True

    def work(self, step: Step) -> None:
        if not step.params.get("dry_run"):
            step.told(step.export().check())
            return
        from saldo.exports.accounting.rehearsal import rehearse
        from saldo.hooks.accounting import opened

        target, spending = opened(step.configuration, dsn=step.dsn)
        step.sync_run.watch(spending)
        found = rehearse(step.connection, step.configuration, target, only=step.expenses or None)
        for one in found:
            self.log.info("%s", one)
        bad = sum(bool(one.problems) for one in found)
        step.sync_run.counts.read = len(found)
        step.sync_run.note = f"dry run: {len(found) - bad} would be sent, {bad} would go to review"


class ChunksOperator(AccountingOperator):
    """Part what is due into chunks, a task of `send` each. chosen: what `collect` returned. Returns lists of ids."""

    template_fields = ("chosen",)

    def __init__(self, *, chosen: Any, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.chosen = chosen

    def execute(self, context: Context) -> list[list[str]]:
        # What `send` is mapped over is a list, in a dry run too.
        return super().execute(context) or []

    def work(self, step: Step) -> list[list[str]]:
        due = [str(id) for chunk in step.export().chunks(CHUNK) for id in chunk]
        if self.chosen != ALL:
            chosen = set(self.chosen or ())
            due = [id for id in due if id in chosen]
        size = max(CHUNK, -(-len(due) // CHUNKS))
        step.sync_run.note = f"{len(due)} to be sent"
        return [due[first : first + size] for first in range(0, len(due), size)]


class SendOperator(AccountingOperator):
    """Send a chunk: each is looked for first, and what is there is not sent again."""

    def __init__(self, *, ids: Sequence[str], **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.ids = ids

    def work(self, step: Step) -> None:
        step.told(step.export().send([UUID(id) for id in self.ids]))


class FinishOperator(AccountingOperator):
    """Attach receipts that are missing; post, where the file says so."""

    def work(self, step: Step) -> None:
        step.told(step.export().finish())


class ReconcileOperator(AccountingOperator):
    """Compare what was exported with what is there now."""

    def left_out(self, context: Context) -> str:
        params = dict(context["params"])
        if params.get("reconcile") is False:
            return "the run's form leaves it out"
        if params.get("exports") or params.get("expenses"):
            return "the run is for some exports only"
        if context["dag_run"].run_type == "asset_triggered":
            return "the run sends what people have just decided; the night compares"
        return super().left_out(context)

    def work(self, step: Step) -> None:
        step.told(step.export().reconcile())


class Step:
    """What a step works with. actor: who started the run, or the export itself."""

    def __init__(
        self,
        connection: Connection,
        dsn: str,
        configuration: AccountingExport,
        context: Context,
        sync_run: SyncRun,
        log: Any,
    ) -> None:
        self.connection, self.dsn, self.configuration = connection, dsn, configuration
        self.sync_run, self.params, self.log = sync_run, dict(context["params"]), log
        self.actor = sync_run.run.actor or f"(export {configuration.organisation})"

    def export(self) -> Export:
        """The engine, on the organisation's own connection; what it spends is counted."""
        from saldo.exports.accounting.sending import Export
        from saldo.hooks.accounting import opened

        target, spending = opened(self.configuration, dsn=self.dsn)
        self.sync_run.watch(spending)
        return Export(self.dsn, self.configuration, target, actor=self.actor)

    def told(self, counts: Counts) -> None:
        """Note what the engine says it did."""
        found, changed = self.sync_run.counts, counts.statuses
        found.read = sum(changed.values())
        found.inserted, found.unchanged = (
            changed.get("created", 0) + changed.get("posted", 0),
            counts.adopted,
        )
        words = [f"{count} {status}" for status, count in changed.items() if count]
        words += [f"{counts.adopted} of these were there"] if counts.adopted else []
        self.sync_run.note = ", ".join(words) or counts.held or "nothing to do"
        for sentence in counts.told:
            self.log.warning("%s: %s", self.configuration.organisation, sentence)
        if counts.held:
            raise Unavailable(counts.held)

    @property
    def chosen(self) -> tuple[UUID, ...]:
        """The exports that the run is for; none means all. Raises ConfigError for what is no id of one."""
        return tuple(_id(one) for one in self.params.get("exports") or ())

    @property
    def expenses(self) -> tuple[str, ...]:
        """Ids of expenses that the run is to register first."""
        return tuple(map(str, self.params.get("expenses") or ()))


def _id(given: object) -> UUID:
    try:
        return UUID(str(given))
    except ValueError:
        raise ConfigError(
            f"exports: {given!r} is no id of an export; take one from ops.export_job, or leave the list empty for all"
        ) from None
