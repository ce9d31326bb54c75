"""The order in which fields are sent: that of Business Central's own pages.

It may set them one after the other, as they come (not documented), and an account that is set brings its own text and tax code: ours come
after it. A register of claims keeps no order.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

#: Of a journal's line, an invoice and its lines. Docs: dynamics_journalline, dynamics_purchaseinvoice, dynamics_purchaseinvoiceline.
_FIELDS = (
    "lineNumber", "accountType", "accountNumber", "lineType", "lineObjectNumber", "invoiceDate", "postingDate", "vendorInvoiceNumber",
    "vendorNumber", "currencyCode", "pricesIncludeTax", "documentNumber", "externalDocumentNumber", "amount", "description", "comment",
    "unitCost", "quantity", "taxCode", "balanceAccountType", "balancingAccountNumber", "dimensionSetLines", "purchaseInvoiceLines",
)  # fmt: skip
_PLACES = {name: place for place, name in enumerate(_FIELDS)}


def in_order(values: Mapping[str, Any]) -> dict[str, Any]:
    """The same, in the order of the pages; what they do not name comes last."""
    return dict(sorted(values.items(), key=lambda item: _PLACES.get(item[0], len(_FIELDS))))
