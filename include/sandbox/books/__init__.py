"""The shared books: what a company's ledger, invoices and lists hold, whichever vendor shows them."""
