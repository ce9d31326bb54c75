"""Exports: files of purchase documents, by a configuration or by a request of a person; and what starts them after a night."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID

from airflow.sdk import Asset, AssetAlias, BaseOperator

from saldo.agreements.agreement import Agreement
from saldo.errors import ConfigError

from .context import record_start, run_of
from .counters import recorded as recorded_of_agreement
from .facts import base_url
from .retry import is_hopeless

if TYPE_CHECKING:
    from airflow.sdk import Context

    from saldo.exports.configuration import XlsxExport
    from saldo.exports.register import ExportedFile
    from saldo.exports.wanted import Wanted
    from saldo.runs.sync_run import Run, SyncRun
    from saldo.warehouse.connection import Connection


def validated_asset(agreement_id: str) -> Asset:
    """Has an event when a night of the agreement has passed its validation: exports with `after_night` wait for it."""
    return Asset(name=f"saldo_validated_{agreement_id}", uri=f"x-saldo://validated/{agreement_id}")


class XlsxExportOperator(BaseOperator):
    """Make the file of a configuration, and tell its owners; with nothing to export there is no file and no mail.

    configuration: its name.
    """

    ui_color = "#e9f3d8"

    def __init__(self, *, configuration: str, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.configuration = configuration

    def execute(self, context: Context) -> None:
        from saldo.exports.subjects import ENTITY
        from saldo.hooks.warehouse import WarehouseHook
        from saldo.runs.sync_run import recorded
        from saldo.subject import SubjectKey
        from saldo.warehouse.connection import connect
        from saldo.warehouse.migrations import migrate

        dsn, run = WarehouseHook().dsn(), run_of(context)
        migrate(dsn)
        key = SubjectKey("export", self.configuration)
        with connect(dsn) as connection:
            record_start(connection, context, key)
            with recorded(connection, dsn, key, ENTITY, run) as sync_run:
                configuration = configuration_of(self.configuration)
                self._make(connection, dsn, configuration, context, run, sync_run)

    def _make(
        self,
        connection: Connection,
        dsn: str,
        configuration: XlsxExport,
        context: Context,
        run: Run,
        sync_run: SyncRun,
    ) -> None:
        from saldo.exports.refusals import NothingToExport
        from saldo.exports.unfinished import for_run, untold_files
        from saldo.exports.wanted import wanted_of
        from saldo.hooks.exports import export

        wanted = wanted_of(configuration, dict(context["params"]))
        agreement = agreement_named(configuration.agreement)
        actor, made_for = (
            run.actor or f"(export {configuration.name})",
            for_run(run.dag_id, run.run_id),
        )
        made, why_none = [], ""
        try:
            # Of an earlier try, where there is one: it may have been killed before it told anybody.
            made = [
                export(
                    dsn, agreement, wanted, actor=actor, made_for=made_for, tell=sync_run.telling("rows"),
                )
            ]  # fmt: skip
        except NothingToExport as nothing:
            why_none = f"nothing to export: {nothing}"
        told = (
            untold_files(connection, agreement.id, run.dag_id) if configuration.owner_mail else []
        )
        for file in told:
            self._tell(connection, configuration, agreement, wanted, file)
        names = {file.name for file in told}
        files = [*told, *(file for file in made if file.name not in names)]
        self.log.info("%s: %s", self.configuration, why_none or f"{len(files)} made")
        sync_run.counts.read = sum(file.documents for file in files)
        sync_run.counts.inserted = sum(file.rows for file in files)
        # Nothing to export is no skip: it shows that the export works, which ends an alert.
        sync_run.note = (
            "; ".join(
                f"{file.name}: {file.documents} documents, {file.rows} rows" for file in files
            )
            or why_none
        )

    def _tell(
        self,
        connection: Connection,
        configuration: XlsxExport,
        agreement: Agreement,
        wanted: Wanted,
        file: ExportedFile,
    ) -> None:
        from saldo.exports.notices import post_exported

        told = post_exported(
            connection, configuration, agreement, wanted, file, now=datetime.now(UTC), base_url=base_url()
        )  # fmt: skip
        who = ", ".join(told) or "nobody, since it names no owner_mail"
        self.log.info("%s: %s rows in %s; told: %s", self.configuration, file.rows, file.name, who)


class RequestedExportOperator(BaseOperator):
    """Make the file that somebody asked for by REST: the run's parameter `request` is its number in ops.export_request."""

    ui_color = "#e9f3d8"

    def execute(self, context: Context) -> None:
        from saldo.exports import requests
        from saldo.hooks.warehouse import WarehouseHook
        from saldo.warehouse.connection import connect
        from saldo.warehouse.migrations import migrate

        dsn, run, ti = WarehouseHook().dsn(), run_of(context), context["ti"]
        migrate(dsn)
        asked = dict(context["params"]).get("request")
        with connect(dsn) as connection:
            request = requests.find(connection, _number(asked))
            if request is None:
                raise ConfigError(
                    f"request: {asked!r} is no number in ops.export_request; exports are asked for by REST "
                    "(docs/purchase-exports.md), or by the DAG of a configuration"
                )
            if request.status == "done":
                self.log.info("it was made before: %s", request.file_name)
                return
            requests.begin(connection, request.request_id, run.run_id)
            try:
                self._make(connection, dsn, request, run)
            except Exception as error:
                is_last = is_hopeless(error) or ti.try_number > ti.max_tries
                if is_last and not connection.broken and not connection.closed:
                    requests.failed(connection, request.request_id, error)
                raise

    def _make(self, connection: Connection, dsn: str, request: Any, run: Run) -> None:
        from saldo.exports import requests
        from saldo.exports.wanted import wanted_by
        from saldo.hooks.exports import export
        from saldo.runs.sync_run import recorded

        agreement, wanted = agreement_named(request.agreement_id), wanted_by(request.request)
        # That of an earlier try, where there is one: it may have been killed before it wrote that down.
        with recorded(connection, dsn, agreement.key, requests.ENTITY, run) as sync_run:
            made = export(
                dsn, agreement, wanted, actor=request.actor, made_for=request.made_for, tell=sync_run.telling("rows"),
            )  # fmt: skip
            sync_run.counts.read, sync_run.counts.inserted = made.documents, made.rows
        requests.done(
            connection,
            request.request_id,
            file_name=made.name,
            documents=made.documents,
            rows=made.rows,
        )
        self.log.info("%s: %s documents, %s rows", made.name, made.documents, made.rows)


class DispatchOperator(BaseOperator):
    """Start the exports that wait for the agreement's night, when its validation has passed: an event of `validated_asset`."""

    ui_color = "#e9f3d8"

    def __init__(self, *, agreement: Agreement, **kwargs: Any) -> None:
        self.alias = AssetAlias(f"saldo_validated_{agreement.id}_now")
        super().__init__(outlets=[self.alias], **kwargs)
        self.agreement = agreement

    def execute(self, context: Context) -> None:
        from saldo.hooks.warehouse import WarehouseHook
        from saldo.warehouse.connection import connect

        dsn, run = WarehouseHook().dsn(), run_of(context)
        with (
            connect(dsn) as connection,
            recorded_of_agreement(connection, dsn, self.agreement, self.task_id, run) as sync_run,
        ):
            if why_not := self._why_not(context, run):
                sync_run.skip(why_not)
                self.log.info("exports are not started: %s", why_not)
                return
        asset = validated_asset(self.agreement.id)
        context["outlet_events"][self.alias].add(asset, extra={"run_id": run.run_id})

    def _why_not(self, context: Context, run: Run) -> str:
        """Why no export starts; empty where they do."""
        if run.mode == "window" or dict(context["params"]).get("entities"):
            return "the run was of some days or some entities only"
        ti = context["ti"]
        found = ti.get_task_states(dag_id=ti.dag_id, run_ids=[ti.run_id], task_ids=["validate"])
        state = found.get(ti.run_id, {}).get("validate")
        return "" if state == "success" else f"the validation has not passed (it is {state})"


def configuration_of(name: str) -> XlsxExport:
    """Raises ConfigError when no file holds it, or it is broken."""
    from saldo.exports.configuration import XlsxExport
    from saldo.exports.layouts import load_layouts
    from saldo.exports.loading import load_export_configurations

    found = load_export_configurations(only=name, layouts=load_layouts())
    for configuration in found.good:
        if configuration.name == name and isinstance(configuration, XlsxExport):
            return configuration
    broken = [str(file) for file in found.broken if file.path.stem == name]
    raise ConfigError(
        "\n".join(broken) or f"export {name!r}: there is no such export configuration"
    )


def agreement_named(id: str) -> Agreement:
    """Raises ConfigError where there is none that is enabled."""
    from saldo.agreements.loading import load_agreements
    from saldo.vendors import entity_names

    for agreement in load_agreements(vendors=entity_names(), only=id).good:
        if agreement.id == id:
            return agreement
    raise ConfigError(
        f"agreement: {id!r} is no agreement, or its file is switched off or broken; correct it, or the export that names it"
    )


def _number(asked: object) -> UUID:
    try:
        return UUID(str(asked))
    except ValueError:
        raise ConfigError(
            f"request: {asked!r} is no number of a request; exports are asked for by REST (docs/purchase-exports.md), or by "
            "the DAG of a configuration"
        ) from None
