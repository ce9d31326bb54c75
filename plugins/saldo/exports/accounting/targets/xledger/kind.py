"""Xledger as a target of expenses."""

from __future__ import annotations

from ..kind import TargetKind
from . import shape
from .configuration import XledgerExport

XLEDGER = TargetKind(
    name="xledger",
    title="Xledger",
    configuration=XledgerExport,
    lengths=shape.LENGTHS,
    amounts="string",
    check=shape.check,
    shaped=shape.shaped,
    sends="saldo.exports.accounting.targets.xledger.sending.open_target",
    fits="saldo.exports.accounting.targets.xledger.fits.fits",
)
