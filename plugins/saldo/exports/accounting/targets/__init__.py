"""Accounting systems that expenses go to, a folder each. Another one is a folder with a `TargetKind`, and its line here."""

from __future__ import annotations

from ..configuration import AccountingExport
from .business_central.kind import BUSINESS_CENTRAL
from .kind import TargetKind
from .xledger.kind import XLEDGER

TARGETS: dict[str, TargetKind] = {kind.name: kind for kind in (BUSINESS_CENTRAL, XLEDGER)}


def add(kind: TargetKind) -> None:
    """One more, which the list does not have: that of a test."""
    TARGETS[kind.name] = kind


def kind_of(configuration: AccountingExport) -> TargetKind:
    """The target that a file names."""
    return TARGETS[configuration.target]
