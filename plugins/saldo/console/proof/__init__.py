"""Proof by account and period, and the way down from a figure to the voucher's PDF: postings, balances, vouchers, search."""
