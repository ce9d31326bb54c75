"""Business Central as a target of expenses."""

from __future__ import annotations

from ..kind import TargetKind
from . import shape
from .configuration import BusinessCentralExport

BUSINESS_CENTRAL = TargetKind(
    name="business_central",
    title="Business Central",
    configuration=BusinessCentralExport,
    lengths=shape.LENGTHS,
    amounts="number",
    check=shape.check,
    shaped=shape.shaped,
    sends="saldo.exports.accounting.targets.business_central.sending.open_target",
    fits="saldo.exports.accounting.targets.business_central.fits.fits",
)
