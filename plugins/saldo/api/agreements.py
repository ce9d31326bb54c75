"""The agreement that a path names."""

from __future__ import annotations

from saldo.agreements.agreement import Agreement
from saldo.agreements.loading import load_agreements
from saldo.vendors import entity_names

from .answers import Problem


def agreement_of(agreement_id: str) -> Agreement:
    """Read at each request: a file that was switched off a moment ago is off. Raises Problem 404."""
    found = load_agreements(vendors=entity_names(), only=agreement_id).good
    agreement = next((one for one in found if one.id == agreement_id), None)
    if agreement is None:
        raise Problem(
            404, "No such agreement", f"There is no enabled agreement {agreement_id!r} in Saldo."
        )
    return agreement
