"""Which file configurations a user may see: by the DAGs that their files feed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from saldo.api.answers import Problem
from saldo.api.auth import visible_dags
from saldo.exports.configuration import dag_id_of
from saldo.files.configuration import FileConfiguration
from saldo.files.loading import load_file_configurations
from saldo.yaml_files import BrokenFile

#: The DAG that reads all files. Who may see it reads there what is wrong with any of them.
DAG_ID = "saldo_files"


def fed_by(configuration: FileConfiguration) -> str:
    """The DAG of whom the files are about; that of all files where they may be about anybody."""
    if configuration.agreement:
        return f"saldo__{configuration.agreement}"
    return dag_id_of(configuration.organisation) if configuration.organisation else DAG_ID


def visible(user: Any) -> tuple[list[FileConfiguration], Sequence[BrokenFile]]:
    """The configurations a user may see, and the broken ones for whoever may see all."""
    found = load_file_configurations(with_disabled=True)
    seen = _seen(user, found.good)
    good = [one for one in found.good if DAG_ID in seen or fed_by(one) in seen]
    return good, found.broken if DAG_ID in seen else ()


def seen_by(user: Any, config_id: str) -> FileConfiguration:
    """The configuration, for whoever may see it. Raises Problem 404: of what one may not see nothing is told."""
    found = load_file_configurations(only=config_id, with_disabled=True).good
    for one in found:
        if one.id == config_id and _seen(user, [one]) & {DAG_ID, fed_by(one)}:
            return one
    raise Problem(
        404,
        "No such files",
        "There is no file configuration of that name that you may see. If you just wrote one, look at the list of files: it may be "
        "broken.",
    )


def _seen(user: Any, configurations: Sequence[FileConfiguration]) -> set[str]:
    return visible_dags(user, {DAG_ID, *map(fed_by, configurations)})
