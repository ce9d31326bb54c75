"""File configurations as subjects of the watch."""

from __future__ import annotations

from collections.abc import Iterable

from saldo.subject import Alerts, Subject

from .configuration import FileConfiguration

DAG_ID = "saldo_files"
#: Of addresses of folders: the system, and what people call it.
_SYSTEMS = {
    "file": ("folder", "the folder"),
    "abfs": ("azure", "Azure Data Lake"),
    "abfss": ("azure", "Azure Data Lake"),
    "s3": ("s3", "S3"),
}


def file_subjects(configurations: Iterable[FileConfiguration]) -> list[Subject]:
    """One for each. Refused files are not told of: their owners have a mail."""
    return [_subject(one) for one in configurations]


def _subject(of: FileConfiguration) -> Subject:
    source = of.source
    if source.sharepoint:
        task, (system, name), key_maker = (
            "sharepoint",
            ("sharepoint", "SharePoint"),
            "Microsoft Entra",
        )
    else:
        task, (system, name) = "folder", _SYSTEMS[(source.folder or "").partition("://")[0]]
        key_maker = ""
    return Subject(
        key=of.key,
        name=f"Files of {of.id}",
        dag_id=DAG_ID,
        system=system,
        system_name=name,
        alerts=Alerts(),
        connection=source.connection,
        key_maker=key_maker,
        # A task for each configuration: Airflow's page of all of them.
        task_ids={"files": f"{task}/mapped"},
    )
