"""What has become of documents that are in Xledger, as outcomes."""

from __future__ import annotations

from ..target import Found, Outcome

_GONE = "it is not in Xledger any more: somebody has deleted its staged lines, or its voucher; it is looked at again"


def posted(found: Found) -> Outcome:
    """done, and posted, once the ledger has it; done and waiting as long as the import has not run; refused with its words."""
    if found.where == "nowhere":
        return _gone()
    if found.copies > 1:
        said = f"it is in Xledger {found.copies} times: delete or reverse all but one, and retry"
        return _refused(found, said)
    if found.difference:
        said = f"it is another in Xledger than here: {found.difference}. Ask the bookkeeper which one is right"
        return _refused(found, said)
    if found.message and found.where == "waiting":
        return _refused(
            found,
            f"{found.message}. Remedy: mend it there, and let the import run again; then retry",
        )
    return Outcome(what="done", where=found.where, reference=found.reference)


def completed(found: Found) -> Outcome:
    """Whether the receipts are there."""
    if found.where == "nowhere":
        return _gone()
    if found.is_complete:
        return Outcome(what="done", where=found.where, reference=found.reference)
    said = (
        "not all of its receipts are in Xledger, and its API takes none later: attach them to the lines there, by hand, or delete the "
        "staged lines and retry with accept_second"
    )
    return _refused(found, said)


def _gone() -> Outcome:
    """Nothing of it was taken out by us, as `refused` would say: whoever looks again sees that it is gone, which is for a person."""
    return Outcome(what="failed", where="nowhere", message=_GONE, family="DataRejected")


def _refused(found: Found, message: str) -> Outcome:
    return Outcome(
        what="refused",
        where=found.where,
        reference=found.reference,
        message=message,
        family="DataRejected",
    )
