"""GET /saldo/agreements/<id>: one agreement: its entities, its runs, what its vendor's records have that nobody knows."""
