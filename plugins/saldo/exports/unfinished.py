"""Files of a run that was killed after it had registered them, and before anybody was told."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from saldo.warehouse.connection import Connection, translated

from .files import ExportedFile, find_file


def untold_files(
    connection: Connection, agreement_id: str, *, actor: str, layout: str, since: datetime
) -> list[ExportedFile]:
    """Files that somebody has had made since then, that count or are there, and that no mail and no request names. The
    oldest first."""
    with translated():
        names = connection.execute(
            "select f.name from ops.export_file as f where f.agreement_id = %s and f.created_by = %s and f.layout = %s "
            "and f.created_at >= %s and f.status = 'registered' "
            "and not exists (select from ops.alert_mail as m where strpos(m.body_text, f.name) > 0) "
            "and not exists (select from ops.export_request as r where r.file_name = f.name) order by f.file_id",
            [agreement_id, actor, layout, since],
        ).fetchall()
    found = (find_file(connection, agreement_id, name) for (name,) in names)
    return [file for file in found if file is not None]


def file_with(
    connection: Connection, files: Sequence[ExportedFile], documents: Sequence[str]
) -> ExportedFile | None:
    """The newest of these files that has all these documents."""
    for file in reversed(files):
        with translated():
            row = connection.execute(
                "select count(*) from ops.export_file_document where file_id = %s and document_number = any(%s)",
                [file.file_id, list(documents)],
            ).fetchone()
        if row and row[0] == len(set(documents)):
            return file
    return None
