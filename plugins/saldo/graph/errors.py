"""What Graph says of files, as errors that callers can tell apart."""

from __future__ import annotations

from saldo.errors import BadResponse, DataRejected, Evidence


class ResyncRequired(BadResponse):
    """The link to the changes is no longer good (410): everything is to be listed again.

    location: where to begin; empty where Graph does not say.
    """

    def __init__(self, message: str, evidence: Evidence, *, location: str) -> None:
        super().__init__(message, evidence)
        self.location = location

    @property
    def family(self) -> str:
        """Only a program that forgets to begin anew ever shows it."""
        return "BadResponse"


class NotFound(BadResponse):
    """There is nothing at the path, or of the id (404)."""

    @property
    def family(self) -> str:
        """The caller names what is to be corrected."""
        return "BadResponse"


class TooLarge(DataRejected):
    """A file above the ceiling: it is not downloaded."""

    @property
    def family(self) -> str:
        """Its owner must make it smaller, or raise the ceiling."""
        return "DataRejected"
