"""The steps of an accounting export, each a thin task over the engine (saldo.exports.accounting.sending): any of them may be
killed anywhere, and run again."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any
from uuid import UUID

from .accounting_step import AccountingOperator, Step

if TYPE_CHECKING:
    from airflow.sdk import Context

#: Exports in one task of `send`, and how many such tasks a run has at most: then each has more.
CHUNK, CHUNKS = 200, 50
#: What `collect` returns where the run is for everything that is due.
ALL = "all"


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
