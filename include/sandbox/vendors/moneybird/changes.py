"""What working days do to old purchase documents, beside what every document lives through by itself.

Every day an old document is edited; on every second one is deleted; on every third a receipt becomes a purchase
invoice or the other way round; on every fourth a document gets another attachment. Worked out from the day alone.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable

from .administration import Administration

EDITED, DELETED, CHANGED_KIND, ATTACHED = "edited", "deleted", "changed kind", "attached"
EVERY = {EDITED: 1, DELETED: 2, CHANGED_KIND: 3, ATTACHED: 4}
#: A document's own life is over after so many days.
LIFE = 10
#: Index of a document -> what happened to it on which day, in order.
Changes = dict[int, list[tuple[int, str]]]


def settled(administration: Administration) -> int:
    """How many documents of the history are old, the first ones."""
    timeline = administration.timeline
    return 2 * max(4, timeline.history_slots - LIFE * timeline.slots_per_day)


def changes(administration: Administration, may: Callable[[int], bool]) -> Changes:
    """may: whether an old document has a life that days can change."""
    found: defaultdict[int, list[tuple[int, str]]] = defaultdict(list)
    gone: set[int] = set()
    size = settled(administration)
    for day in range(1, administration.day + 1):
        for salt, (what, every) in enumerate(EVERY.items()):
            if day % every:
                continue
            start = administration.bits(41 + salt, day) % size
            places = ((start + step) % size for step in range(min(size, 200)))
            index = next((one for one in places if one not in gone and may(one)), None)
            if index is None:
                continue
            found[index].append((day, what))
            if what == DELETED:
                gone.add(index)
    return dict(found)
