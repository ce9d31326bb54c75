"""Records that slipped past a read, asked for by key before they count as gone.

Pages that are told by their place shift when a record on an earlier one is deleted: the first of the next page is then on
none that is asked for. Where another is new at the same time, the vendor's count is what it was.
"""

from __future__ import annotations

from saldo.declarations.source import Keys

from .context import LandingContext

#: Where more than these are missing, it is not because a few slipped; each 200 of them cost a request.
MOST = 2_000


def recover(context: LandingContext) -> None:
    """Read by key what the pages lacked, within the transaction that is open: what is there after all is written and seen.

    Without counts by key the pages are believed. Raises Unavailable where the vendor counts others than it sends.
    """
    missing = tuple(context.rows.unseen())
    announced = context.count(Keys(missing)) if 0 < len(missing) <= MOST else None
    if not announced:
        return
    keys = set[str]()
    for chunk in context.chunks(Keys(missing)):
        context.merge(chunk.rows)
        context.rows.mark_seen(chunk.rows)
        # Not all that come are missing: texts are alike to the vendor in capitals and small letters.
        keys.update(row.source_key for row in chunk.rows)
    if len(keys) != announced:
        raise context.incomplete(announced, len(keys))
