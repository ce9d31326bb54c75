"""The agreement files as pages read them."""

from __future__ import annotations

from pathlib import Path

from saldo.agreements.loading import agreement_files
from saldo.api.agreements import agreements
from saldo.vendors import entity_names

__all__ = ["agreements", "files_of"]


def files_of(agreement_id: str) -> list[Path]:
    """The files that are named after it."""
    paths = agreement_files(vendors=entity_names()).paths()
    return [path for path in paths if path.name.split(".")[0] == agreement_id]
