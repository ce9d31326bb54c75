"""What a target is: one object that says everything about it. Its folder makes it, targets/__init__.py lists it.

What is heavy to import (what sends) is given as a dotted name, and imported when something is sent.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING, Any

from ..configuration import AccountingExport
from ..document import Amounts, Entry, Shape
from ..draft import Draft, Lengths

if TYPE_CHECKING:
    from .target import Target


@dataclass(frozen=True)
class TargetKind:
    """A kind of accounting system.

    name: as files of organisations say it, and the vendor whose connection opens it. title: as it writes itself.
    configuration: what such a file says. lengths: the longest texts and numbers it takes. amounts: how they are written in its JSON. check: notes what it would refuse of a
    draft, besides what every target would. shaped: the shape, the entries and the payload of a draft without problems.
    sends: dotted name of a function (client, configuration) -> Target; client: as its vendor gives it for the connection.
    fits: dotted name of another one, which raises ConfigError where that client is of another environment or company.
    """

    name: str
    title: str
    configuration: type[AccountingExport]
    lengths: Lengths
    amounts: Amounts
    check: Callable[[Draft, Any], None]
    shaped: Callable[[Draft, Any], tuple[Shape, tuple[Entry, ...], dict[str, Any]]]
    sends: str
    fits: str = ""

    def open(self, client: Any, configuration: AccountingExport) -> Target:
        """What sends to the company that the configuration names. Asks nothing where its connection names the same one, or
        none. Raises ConfigError where the two do not fit."""
        if self.fits:
            _load(self.fits)(client, configuration)
        found: Target = _load(self.sends)(client, configuration)
        return found


def _load(dotted: str) -> Callable[..., Any]:
    module, _, name = dotted.rpartition(".")
    found: Callable[..., Any] = getattr(import_module(module), name)
    return found
