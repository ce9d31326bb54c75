"""Where a vendor's list of versions and the records it hands out disagree.

Once it is taken for an answer that is not whole: the read fails, and is tried again. Where it is about a few records, and the
same in another run, the list is wrong about them: the others need not wait for ever, and a note of the run names them.
"""

from __future__ import annotations

from collections.abc import Sequence

from saldo.errors import Unavailable

#: More records than this are not taken for an error in the list.
MOST = 20
_NAMED = 5


def is_known(keys: Sequence[str], known: Sequence[str], *, since: str, run_id: str) -> bool:
    """Whether an earlier run, `since`, met all of these."""
    return run_id != since and {*keys} <= {*known}


def not_sent(keys: Sequence[str]) -> Unavailable:
    """Of what is listed and not handed out."""
    return Unavailable(
        f"the vendor lists {len(keys)} records that it did not send ({_some(keys)}); the set is not whole and was not used. "
        "It is read again"
    )


def not_listed(keys: Sequence[str]) -> Unavailable:
    """Of what is handed out and not listed."""
    return Unavailable(
        f"the vendor's list lacks {len(keys)} records that it hands out by their ids ({_some(keys)}): it is not whole, and "
        "nothing was deleted for it. It is read again; if it lacks them night after night, ask the vendor"
    )


def note_of_withheld(keys: Sequence[str]) -> str:
    """Of what is listed and not handed out in any run."""
    return (
        f"the vendor lists {len(keys)} records that it does not hand out, night after night ({_some(keys)}): they are left out; "
        "ask the vendor"
    )


def note_of_unlisted(keys: Sequence[str]) -> str:
    """Of what is handed out and not listed in any run."""
    return (
        f"the vendor's list lacks {len(keys)} records that it hands out by their ids, night after night ({_some(keys)}): they "
        "have landed all the same. See whether their dates are right, and ask the vendor: new ones may be missing as well"
    )


def _some(keys: Sequence[str]) -> str:
    return f"such as {', '.join(keys[:_NAMED])}"
