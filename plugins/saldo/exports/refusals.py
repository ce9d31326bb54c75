"""Why no file was made, or none removed: what was asked for cannot be, and ids or names are told.

All are of the family DataRejected: the same request is refused again. `ids` are all that it is about; a message names the
first of them.
"""

from __future__ import annotations

from collections.abc import Sequence

from saldo.errors import DataRejected

#: How many ids a message names.
_NAMED = 10


class ExportRefused(DataRejected):
    """Base of all; ids: the documents it is about."""

    def __init__(self, message: str, ids: Sequence[str] = ()) -> None:
        super().__init__(message)
        self.ids = tuple(ids)

    @property
    def family(self) -> str:
        """That of data which must not pass without a person's word."""
        return "DataRejected"


class NothingToExport(ExportRefused):
    """No document was chosen: no ids were given, or none fits the filters."""


class NotExportable(ExportRefused):
    """Documents that were chosen by id are unknown, or deleted at the vendor."""


class AlreadyExported(ExportRefused):
    """Documents are in a logged file as they are now; `again` exports them all the same."""


class UnknownFile(ExportRefused):
    """The register has no file of that name, or not any more."""


def named(ids: Sequence[str]) -> str:
    """The first ids, and how many more there are."""
    more = len(ids) - _NAMED
    return ", ".join(ids[:_NAMED]) + (f" and {more} more" if more > 0 else "")
