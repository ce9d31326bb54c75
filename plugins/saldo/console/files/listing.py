"""The file configurations as the page lists them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from saldo.console.shell import Reading
from saldo.files.configuration import FileConfiguration
from saldo.files.mails.texts import KINDS, where_of

#: State of a configuration -> how it is shown: tone, words.
STATES = {
    "off": ("quiet", "switched off"),
    "failed": ("bad", "cannot be read"),
    "rejected": ("bad", "refused"),
    "waiting": ("warn", "waits"),
    "empty": ("warn", "no file yet"),
    "never": ("quiet", "not looked at yet"),
    "good": ("good", "in force"),
}
#: A task that only says that files are refused has not failed to read them.
_REFUSED = "DataRejected"


@dataclass(frozen=True)
class Shown:
    """A configuration and what is known of its files. found: a row of console/files/configurations.sql."""

    configuration: FileConfiguration
    found: Any
    kind: str
    where: str
    state: str

    @property
    def tone(self) -> str:
        return STATES[self.state][0]

    @property
    def said(self) -> str:
        return STATES[self.state][1]


def listed(books: Reading, configurations: Sequence[FileConfiguration]) -> list[Shown]:
    """All of them, those with something to do first."""
    found = books.rows(
        "files/configurations",
        {
            "ids": [one.id for one in configurations],
            "agreements": [one.agreement for one in configurations],
        },
    )
    by_id = {row.id: row for row in found}
    shown = [_shown(one, by_id[one.id]) for one in configurations]
    return sorted(
        shown, key=lambda one: (one.tone != "bad", one.tone != "warn", one.configuration.id)
    )


def _shown(configuration: FileConfiguration, found: Any) -> Shown:
    return Shown(
        configuration,
        found,
        KINDS[configuration.kind],
        where_of(configuration),
        _state(configuration, found),
    )


def _state(configuration: FileConfiguration, found: Any) -> str:
    if not configuration.enabled:
        return "off"
    if found.look_status == "failed" and not (found.rejected and found.error_family == _REFUSED):
        return "failed"
    if found.rejected:
        return "rejected"
    if found.waiting:
        return "waiting"
    if found.looked_at is None and not found.files:
        return "never"
    return "good" if found.files else "empty"


def fits(one: Shown, *, text: str, kind: str, state: str) -> bool:
    """Whether it is looked for. text: in its id, its place, its agreement or its last file."""
    of = one.configuration
    words = (
        of.id,
        one.where,
        of.agreement,
        of.organisation,
        one.found.agreement_name,
        one.found.last_name,
    )
    return (
        (not kind or of.kind == kind)
        and (not state or one.tone == state)
        and (not text or any(text.casefold() in word.casefold() for word in words if word))
    )
