"""What can happen in books, in words that are the same for every vendor:
core.ledger_entry.event_type, and from there on in the mart.

A vendor's SQL (include/sql/core/<vendor>) makes them of the vendor's own types.
"""

EVENT_TYPES = (
    "sales_invoice", "supplier_invoice", "payment", "journal_entry", "reminder", "opening_balance", "system", "other",
)  # fmt: skip
