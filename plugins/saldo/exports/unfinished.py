"""Files that are there already when somebody asks again: their run, or the server that was asked, was killed too early."""

from __future__ import annotations

from saldo.warehouse.connection import Connection, translated

from .files import ExportedFile, find_file


def made_before(
    connection: Connection, agreement_id: str, made_for: str | None
) -> ExportedFile | None:
    """The registered file that was made for that run, request or key within seven days; None where there is none."""
    if made_for is None:
        return None
    with translated():
        row = connection.execute(
            "select name from ops.export_file where agreement_id = %s and made_for = %s and status = 'registered' "
            "and created_at > clock_timestamp() - interval '7 days' order by file_id desc limit 1",
            [agreement_id, made_for],
        ).fetchone()
    return find_file(connection, agreement_id, row[0]) if row else None


def for_run(dag_id: str, run_id: str) -> str:
    """What the file of a run is made for."""
    return f"run {dag_id} {run_id}"


def untold_files(connection: Connection, agreement_id: str, dag_id: str) -> list[ExportedFile]:
    """Files of a DAG's runs that no mail names, the oldest first: also of a run that failed after its file was stored, and that
    was registered later on. Only those of a month: mails are not kept for ever."""
    with translated():
        names = connection.execute(
            "select f.name from ops.export_file as f where f.agreement_id = %s and starts_with(f.made_for, %s) "
            "and f.status = 'registered' and f.registered_at > clock_timestamp() - interval '30 days' "
            "and not exists (select from ops.alert_mail as m where strpos(m.body_text, f.name) > 0) order by f.file_id",
            [agreement_id, for_run(dag_id, "")],
        ).fetchall()
    found = (find_file(connection, agreement_id, name) for (name,) in names)
    return [file for file in found if file is not None]
