"""What the steps of an accounting export share: the organisation's file, the engine on its connection, and their rows in ops.sync_run."""

from __future__ import annotations

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
        return Export(
            self.dsn, self.configuration, target, actor=self.actor, tell=self.sync_run.telling("claims"),
        )  # fmt: skip

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
