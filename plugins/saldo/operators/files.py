"""Files of people: what changed of a configuration's files, and the facts that follow."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from airflow.sdk import Asset, AssetAlias, BaseOperator

from saldo.errors import ConfigError, DataRejected, SaldoError

from .context import record_start, run_of
from .facts import base_url, facts_asset
from .land import one_of
from .mapped import failed_of

if TYPE_CHECKING:
    from airflow.sdk import Context

    from saldo.agreements.agreement import Agreement
    from saldo.files.configuration import FileConfiguration
    from saldo.files.intake import Intake
    from saldo.files.outcome import Outcome
    from saldo.files.places.shared_library import SharedLibrary
    from saldo.runs.meter import Tell
    from saldo.warehouse.connection import Connection

#: Has an event of a configuration's asset when something of it was accepted or withdrawn, and of an agreement's facts
#: that changed with it.
ACCEPTED = AssetAlias("saldo_files_accepted")


class FilesRejected(DataRejected):
    """Files that are refused; what was in force stays so."""

    @property
    def family(self) -> str:
        """See SaldoError.family."""
        return "DataRejected"


class FilesOperator(BaseOperator):
    """Read the files of one configuration that changed, wherever they lie. Base of the operators of places.

    configuration: its id. A file that is refused fails the task, with the list of its wrong cells; the others count.
    """

    ui_color = "#dcebf7"

    def __init__(self, *, configuration: str, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.configuration = configuration

    def execute(self, context: Context) -> None:
        from saldo.files.state import ENTITY
        from saldo.hooks.warehouse import WarehouseHook
        from saldo.runs.sync_run import recorded
        from saldo.subject import SubjectKey
        from saldo.warehouse.connection import connect
        from saldo.warehouse.migrations import migrate

        dsn, run, id = WarehouseHook().dsn(), run_of(context), self.configuration
        migrate(dsn)
        chosen = chosen_of(context)
        if chosen and id not in chosen:
            self.log.info("%s was not chosen for this run", id)
            return
        key = SubjectKey("file", id)
        with connect(dsn) as connection:
            record_start(connection, context, key)
            with recorded(connection, dsn, key, ENTITY, run) as sync_run:
                intake = self._intake(connection, context, sync_run.telling("files"))
                sync_run.watch(intake)
                params = dict(context["params"])
                outcome = intake.run(
                    again=bool(params.get("read_again")),
                    confirm_deletes=bool(params.get("confirm_deletes")),
                )
                sync_run.counts.read = sync_run.counts.inserted = outcome.rows
                sync_run.note = outcome.note
                self._log(outcome)
                self._raise_for(outcome)

    def _intake(self, connection: Connection, context: Context, tell: Tell) -> Intake:
        from saldo.agreements.loading import load_agreements
        from saldo.files.companies import Companies
        from saldo.files.intake import Intake
        from saldo.files.mails.feedback import Feedback
        from saldo.hooks.files import source_of
        from saldo.vendors import entity_names

        configuration = configuration_of(self.configuration)
        now = datetime.now(UTC)
        agreements = load_agreements(vendors=entity_names(), with_disabled=True).good
        zones = {agreement.id: agreement.timezone for agreement in agreements}
        return Intake(
            connection,
            configuration,
            source_of(configuration, library=library_of(connection, configuration, context)),
            Companies(agreements, configuration.agreement),
            run_id=run_of(context).run_id,
            now=now,
            listener=Feedback(
                connection,
                configuration,
                now=now,
                names={agreement.id: agreement.name for agreement in agreements},
                timezone=zones.get(configuration.agreement or "", "UTC"),
                run_url=run_url_of(context),
            ),
            known=known_ids(),
            tell=tell,
        )

    def _log(self, outcome: Outcome) -> None:
        for name in outcome.accepted:
            self.log.info("%s: %s is accepted and counts from now on", self.configuration, name)
        for name, sentences in outcome.effects.items():
            for sentence in sentences:
                self.log.warning("%s: %s: %s", self.configuration, name, sentence)
        for name in outcome.unchanged:
            self.log.info("%s: %s says the same as before", self.configuration, name)
        for name in outcome.gone:
            self.log.warning("%s: %s is gone", self.configuration, name)
        for name, reason in outcome.waiting.items():
            self.log.warning("%s: %s waits: %s", self.configuration, name, reason)
        self.log.info("%s: %s", self.configuration, outcome.note)

    def _raise_for(self, outcome: Outcome) -> None:
        """Raises FilesRejected, or what keeps files from being read now."""
        if outcome.rejected:
            lines = [
                f"{name} is refused, and what was in force stays so:\n{error}"
                for name, error in outcome.rejected.items()
            ]
            rejected = FilesRejected(f"file {self.configuration!r}: " + "\n".join(lines))
            raise one_of([rejected, *outcome.errors])
        if outcome.errors:
            raise one_of(list(outcome.errors))


class SharePointFilesOperator(FilesOperator):
    """Files in a library of SharePoint."""


class FolderFilesOperator(FilesOperator):
    """Files in a folder: on a disk, in Azure or in S3."""


class FileFactsOperator(BaseOperator):
    """Bring the facts of every agreement up to what files brought; one that fails stops no other.

    Its assets tell what was accepted: here, since a task that refuses a file beside others fails, and has no events.
    """

    ui_color = "#dff2e1"

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(outlets=[ACCEPTED], **kwargs)

    def execute(self, context: Context) -> None:
        from saldo.agreements.loading import load_agreements
        from saldo.files.facts import behind
        from saldo.files.loading import load_file_configurations
        from saldo.files.mails.unmapped import tell_unmapped
        from saldo.hooks.warehouse import WarehouseHook
        from saldo.vendors import entity_names
        from saldo.warehouse.connection import WarehouseUnavailable, connect, translated
        from saldo.warehouse.migrations import migrate

        dsn = WarehouseHook().dsn()
        migrate(dsn)
        errors: list[Exception] = []
        with connect(dsn) as connection, translated():
            asked = tuple(dict(context["params"]).get("withdraw") or ())
            errors += self._withdraw(connection, asked)
            waiting = behind(connection)
            agreements = load_agreements(vendors=entity_names()).good
            self._tell_accepted(connection, context)
            for agreement in agreements:
                if agreement.id not in waiting:
                    continue
                try:
                    self._refresh(connection, dsn, agreement, context)
                except WarehouseUnavailable:
                    raise
                except SaldoError as error:
                    self.log.error("%s: %s", agreement.id, error)
                    errors.append(error)
                except Exception as error:
                    # Whatever Postgres says to one of them: the others follow, and the task fails at its end.
                    self.log.exception("%s", agreement.id)
                    errors.append(error)
            new = tell_unmapped(
                connection,
                load_file_configurations().good,
                names={agreement.id: agreement.name for agreement in agreements},
                now=datetime.now(UTC),
                run_url=run_url_of(context),
            )
            if new:
                self.log.warning(
                    "%s more accounts have postings and no place in the group's chart", new
                )
        if errors:
            raise one_of(errors)

    def _refresh(
        self, connection: Connection, dsn: str, agreement: Agreement, context: Context
    ) -> None:
        from saldo.run_request import RunRequest
        from saldo.runs.sync_run import recorded
        from saldo.transform.facts import refresh

        with recorded(connection, dsn, agreement.key, "budgets", run_of(context)) as sync_run:
            changes = refresh(connection, agreement, RunRequest(), base_url=base_url())
            for table in changes.values():
                sync_run.counts.inserted += table.inserted
                sync_run.counts.updated += table.updated
                sync_run.counts.deleted += table.deleted
            self.log.info("%s: %s rows of the mart", agreement.id, sync_run.counts.changed)
        if rows := sync_run.counts.changed:
            context["outlet_events"][ACCEPTED].add(facts_asset(agreement.id), extra={"rows": rows})

    def _withdraw(self, connection: Connection, asked: Sequence[str]) -> list[ConfigError]:
        """What counts of configurations that are no more: where a person asks for it, it does so no longer. Returns what
        cannot be done."""
        from saldo.files.withdrawing import orphans, withdraw

        known = known_ids()
        for id in asked:
            if id not in known:
                self.log.warning("%s: %s files count no more", id, withdraw(connection, id))
        for id, count in orphans(connection, known).items():
            self.log.warning(
                "%s is no configuration any more, and %s files of it still count; to withdraw them, start saldo_files with "
                "Withdraw: %s",
                id, count, id,
            )  # fmt: skip
        return [
            ConfigError(
                f"withdraw: {id!r} is a configuration; take its files out of their folder instead"
            )
            for id in asked
            if id in known
        ]

    def _tell_accepted(self, connection: Connection, context: Context) -> None:
        from saldo.files.facts import accepted_in

        for id, names, rows in accepted_in(connection, run_of(context).run_id):
            asset = Asset(name=f"saldo_file_{id}", uri=f"x-saldo://files/{id}")
            extra = {"files": names, "rows": rows}
            context["outlet_events"][ACCEPTED].add(asset, extra=extra)


class FilesReportOperator(BaseOperator):
    """The only leaf of the DAG: fails when any task before it did, and ends the run of every configuration.

    One whose last try was killed could not say so: its row in ops.sync_run is written here. tasks: each mapped one with its
    configurations, in their order.
    """

    ui_color = "#f4eeda"

    def __init__(self, *, tasks: Mapping[str, Sequence[str]], **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.tasks = {task: tuple(names) for task, names in tasks.items()}

    def execute(self, context: Context) -> None:
        from saldo.files.state import ENTITY
        from saldo.hooks.warehouse import WarehouseHook
        from saldo.runs.sync_run import record_unrecorded, recorded
        from saldo.subject import SubjectKey
        from saldo.warehouse.connection import connect

        ti, run, dsn = context["ti"], run_of(context), WarehouseHook().dsn()
        chosen = chosen_of(context)
        states = ti.get_task_states(dag_id=ti.dag_id, run_ids=[ti.run_id]).get(ti.run_id, {})
        failed = failed_of(states, self.tasks)
        with connect(dsn) as connection:
            for id in (id for names in self.tasks.values() for id in names):
                if chosen and id not in chosen:
                    continue
                key = SubjectKey("file", id)
                if id in failed:
                    record_unrecorded(connection, key, run, {ENTITY: "failed"})
                with recorded(connection, dsn, key, self.task_id, run):
                    pass
        bad = sorted(
            task for task, state in states.items() if state in ("failed", "upstream_failed")
        )
        if bad:
            raise SaldoError(f"failed: {', '.join(bad)}; the log of each says why")


def chosen_of(context: Context) -> tuple[str, ...]:
    """The configurations that the person who started the run chose; none means all."""
    return tuple(dict(context["params"]).get("configurations") or ())


def configuration_of(id: str) -> FileConfiguration:
    """Raises ConfigError when no file holds it, or it is broken."""
    from saldo.files.loading import load_file_configurations

    found = load_file_configurations(only=id)
    for configuration in found.good:
        if configuration.id == id:
            _check_agreement(configuration)
            return configuration
    broken = [str(file) for file in found.broken if file.path.stem == id]
    raise ConfigError("\n".join(broken) or f"file {id!r}: there is no such file configuration")


def known_ids() -> set[str]:
    """Of all configurations: switched off or broken, too."""
    from saldo.files.loading import load_file_configurations

    found = load_file_configurations(with_disabled=True)
    return {one.id for one in found.good} | {file.path.stem for file in found.broken}


def _check_agreement(configuration: FileConfiguration) -> None:
    """Raises ConfigError for an agreement there is none of."""
    from saldo.agreements.loading import load_agreements
    from saldo.vendors import entity_names

    wanted = configuration.agreement
    if wanted is None:
        return
    found = load_agreements(vendors=entity_names(), only=wanted, with_disabled=True).good
    if all(agreement.id != wanted for agreement in found):
        raise ConfigError(
            f"file {configuration.id!r}: agreement: {wanted!r} is no agreement, or its file is broken; write the id of one"
        )


def library_of(
    connection: Connection, configuration: FileConfiguration, context: Context
) -> SharedLibrary | None:
    """The library in SharePoint as all its configurations share it: one look at it serves all tasks of a run."""
    from saldo.files.loading import load_file_configurations
    from saldo.files.places.shared_library import SharedLibrary

    sharepoint, run = configuration.source.sharepoint, context["dag_run"]
    if sharepoint is None:
        return None
    # A run that is cleared begins anew, and looks anew.
    look = f"{run.run_id} {run.start_date}"
    return SharedLibrary.of(connection, sharepoint, load_file_configurations().good, look=look)


def run_url_of(context: Context) -> str:
    """Where people see the run; empty where nobody said where the API server is."""
    from urllib.parse import quote

    ti, base = context["ti"], base_url()
    return f"{base}/dags/{quote(ti.dag_id)}/runs/{quote(ti.run_id, safe='')}" if base else ""
