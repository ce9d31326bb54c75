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


def is_told(connection: Connection, name: str) -> bool:
    """Whether a mail names the file."""
    with translated():
        row = connection.execute(
            "select exists (select from ops.alert_mail where strpos(body_text, %s) > 0)", [name]
        ).fetchone()
    return bool(row and row[0])
