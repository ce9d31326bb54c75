"""Versions: the vendor lists the id and version of every record, and hands out records by id.

What the list has and we have not is new; what has another version has changed; what it lacks is gone. A night on which
nothing has changed costs the list alone. The difference is taken between the list and staging, so a read that was killed
goes on with what is left, and the version that counts is the one of the record that was landed.

A list is believed for what it names, not for what it lacks: before anything is tombstoned it is asked for by its id, and, of
records that may change their kind, whether it is there as another kind. What is found neither way is gone.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, ClassVar, Protocol

from msgspec.structs import replace

from saldo.declarations.entity import Entity
from saldo.declarations.source import Days, Keys
from saldo.errors import Unavailable

from .conditions import Dated, Numbered
from .context import LandingContext
from .plan import ReadChanges, ReadEverything, ReadWindow
from .reread import merge
from .state import Cursor, SetResume, State, now
from .way import Way

#: Records whose keys are taken from the list at once.
_AT_ONCE = 1_000
#: How far the vendor's clock and ours may differ.
_SKEW = timedelta(seconds=60)
_EVERYTHING, _CHANGES = "everything", "versions"


class VersionedSource(Protocol):
    """A source whose vendor lists versions. Both raise the errors of Source.pages."""

    def versions(
        self, entity: Entity, days: Days | None = None
    ) -> Iterator[Sequence[tuple[str, str]]]:
        """The whole list, or that of the records dated so, in parts: key and version; a key may come twice."""

    def elsewhere(self, entity: Entity, others: Sequence[str], keys: Sequence[str]) -> set[str]:
        """Those of an entity's keys under which the vendor holds records of other entities, given by name."""


class VersionsCursor(Cursor, frozen=True, kw_only=True, omit_defaults=True):
    """`cursor`: state.Cursor, and when records were read.

        {"read_from": "2026-10-30T01:00:00Z", "read_to": "2026-10-30T01:00:09Z", "full_at": "2026-10-25T01:00:00Z"}

    read_from, read_to: the beginning and the end of the last read that was whole.
    begun: when the first try of the read under way began.
    `resume` is state.SetResume, its `read` "everything" or "versions".
    """

    read_from: datetime | None = None
    read_to: datetime | None = None
    begun: datetime | None = None


@dataclass(frozen=True)
class Versions(Way[VersionsCursor, SetResume]):
    """Compare the vendor's list with what is landed.

    version: the record's field with its version, an integer. shares_ids_with: entities among whose records one of these
    is found under the same key when it has changed its kind. is_second: versions are seconds since 1970, so that
    two changes within one second share a version: what was read within its own second is read once more.
    """

    version: str
    shares_ids_with: tuple[str, ...] = ()
    is_second: bool = True
    cursor_kind: ClassVar[type[Any]] = VersionsCursor
    resumes_any_day: ClassVar[bool] = True

    def check(self, entity: Entity) -> None:
        entity.require(self.version, says=f"Versions.version={self.version!r}")
        if len(entity.key_parts) > 1:
            raise entity.wrong("Versions needs a key of one field")

    # --- landing -----------------------------------------------------------------------------------

    def land(
        self,
        context: LandingContext,
        decision: ReadEverything | ReadChanges | ReadWindow,
        state: State[VersionsCursor, SetResume],
    ) -> None:
        """See Way.land."""
        if isinstance(decision, ReadWindow):
            self._read_window(context, decision, state)
        else:
            self._read(context, state, is_everything=isinstance(decision, ReadEverything))

    def read_changes(
        self, context: LandingContext, state: State[VersionsCursor, SetResume]
    ) -> None:
        self._read(context, state, is_everything=False)

    def _read(
        self,
        context: LandingContext,
        state: State[VersionsCursor, SetResume],
        *,
        is_everything: bool,
    ) -> None:
        cursor = replace(state.cursor, begun=state.cursor.begun or now())
        reading = self._resumed(context, state.resume, is_everything=is_everything)
        context.save(cursor, reading)
        self._list(context, cursor, is_everything=is_everything)
        self._fetch(context, cursor, reading)
        if undelivered := context.rows.undelivered():
            self._check_vanished(context, undelivered)
        finished = replace(cursor, read_from=cursor.begun, read_to=now(), begun=None)
        if is_everything:
            finished = replace(finished, full_at=now())
        gone = self._gone(context, context.rows.unlisted())
        with context.transaction():
            self._tombstone(context, gone)
            context.rows.forget_seen()
            context.save(finished, None)

    def _resumed(
        self, context: LandingContext, resume: SetResume | None, *, is_everything: bool
    ) -> SetResume:
        """Of a read of everything, staging.seen holds what it has read; other reads need no list."""
        is_same = is_everything and resume is not None and resume.is_everything
        if resume is not None and is_same and resume.seen == context.rows.seen():
            return resume
        with context.transaction():
            context.rows.forget_seen()
        return SetResume(_EVERYTHING if is_everything else _CHANGES, run=context.run_id)

    def _list(
        self, context: LandingContext, cursor: VersionsCursor, *, is_everything: bool
    ) -> None:
        source: VersionedSource = context.source
        doubtful = None
        if self.is_second and cursor.read_from and cursor.read_to:
            first, last = cursor.read_from - _SKEW, cursor.read_to + _SKEW
            doubtful = (int(first.timestamp()), int(last.timestamp()))
        listed = source.versions(context.entity)
        context.rows.list_versions(
            listed, self.version, is_everything=is_everything, doubtful=doubtful
        )

    def _fetch(self, context: LandingContext, cursor: VersionsCursor, reading: SetResume) -> None:
        """Read what the list says is wanted, in the order of the keys."""
        after = ""
        while keys := context.rows.wanted(after=after, limit=_AT_ONCE):
            for chunk in context.chunks(Keys(tuple(keys))):
                with context.commit_chunk():
                    context.write(chunk)
                    context.rows.mark_delivered([row.source_key for row in chunk.rows])
                    if reading.is_everything:
                        seen = context.rows.mark_seen(chunk.rows)
                        reading = replace(reading, seen=reading.seen + seen)
                        context.save(cursor, reading)
            after = keys[-1]

    def _check_vanished(self, context: LandingContext, undelivered: int) -> None:
        """What was listed and not handed out has vanished in between if it is not listed any more."""
        source: VersionedSource = context.source
        still = context.rows.still_listed(source.versions(context.entity))
        if still:
            raise context.incomplete(undelivered, undelivered - still)

    # --- what is gone --------------------------------------------------------------------------------

    def _gone(
        self, context: LandingContext, missing: Sequence[str], *, is_asked: bool = False
    ) -> Gone:
        """What of these keys may be tombstoned. is_asked: they have been asked for, and did not come. Raises
        Unavailable where one of them is still there, DataRejected for a mass deletion nobody confirmed."""
        if not missing:
            return Gone()
        context.guard_deletion(missing)
        alive = 0 if is_asked else _count(context, missing)
        if alive:
            raise Unavailable(
                f"the vendor's list lacks {alive} records that are there: it is not whole, and nothing was deleted for "
                "it. It is read again"
            )
        others = self._others(context)
        landed = context.rows.live_in(others, missing) if others else set()
        asked = [key for key in missing if key not in landed]
        # What is there as another kind stays until it has landed as that: at no time it is nowhere.
        source: VersionedSource = context.source
        moved = source.elsewhere(context.entity, others, asked) if others and asked else set()
        return Gone(tuple(key for key in asked if key not in moved), tuple(sorted(landed)))

    def _tombstone(self, context: LandingContext, gone: Gone) -> None:
        """Part of the transaction that is open."""
        keys = [*gone.nowhere]
        if gone.landed:
            others = self._others(context)
            # As long as it has not been tombstoned there meanwhile, since it was here.
            context.rows.lock_with(others)
            keys += context.rows.live_in(others, gone.landed)
        if keys:
            context.rows.forget_seen()
            context.tombstone(Numbered(keys))

    def _others(self, context: LandingContext) -> list[str]:
        """Those of the entities with the same ids that the agreement has landed."""
        return [name for name in self.shares_ids_with if context.rows.reached(name)]

    # --- a window ------------------------------------------------------------------------------------

    def _read_window(
        self,
        context: LandingContext,
        window: ReadWindow,
        state: State[VersionsCursor, SetResume],
    ) -> None:
        """See window.read. What is dated so here and not at the vendor is dated elsewhere there, is of another kind, or
        is gone."""
        dated = Dated(str(context.entity.window), window.first, window.last)
        with context.transaction():
            context.rows.forget_seen()
            self._merge_days(context, Days(window.first, window.last))
            if left := context.rows.unseen(dated):
                merge(context, Keys(tuple(left)))
                missing = context.rows.unseen(Numbered(left))
                self._check_unlisted(context, missing)
                self._tombstone(context, self._gone(context, missing, is_asked=True))
            context.rows.repair(dated)
            if state.resume and not state.resume.is_incomplete:
                context.save(state.cursor, replace(state.resume, seen=-1))

    def _merge_days(self, context: LandingContext, days: Days) -> None:
        source: VersionedSource = context.source
        listed = source.versions(context.entity, days)
        context.rows.list_versions(listed, self.version, is_everything=True, doubtful=None)
        after = ""
        while keys := context.rows.wanted(after=after, limit=_AT_ONCE):
            for chunk in context.chunks(Keys(tuple(keys))):
                context.merge(chunk.rows)
                context.rows.mark_seen(chunk.rows)
                context.rows.mark_delivered([row.source_key for row in chunk.rows])
            after = keys[-1]
        if undelivered := context.rows.undelivered():
            self._check_vanished(context, undelivered)

    def _check_unlisted(self, context: LandingContext, missing: Sequence[str]) -> None:
        """What was asked for and did not come is gone only if the whole list does not name it either."""
        if not missing:
            return
        source: VersionedSource = context.source
        listed = source.versions(context.entity)
        context.rows.list_versions(listed, self.version, is_everything=False, doubtful=None)
        lacking = len(set(missing).difference(context.rows.unlisted()))
        if lacking:
            raise context.incomplete(len(missing), len(missing) - lacking)


@dataclass(frozen=True)
class Gone:
    """Keys that may be tombstoned. nowhere: the vendor has them neither here nor as another kind; landed: they have
    landed as another kind."""

    nowhere: tuple[str, ...] = ()
    landed: tuple[str, ...] = ()


def _count(context: LandingContext, keys: Sequence[str]) -> int:
    """How many of the keys the vendor holds."""
    return sum(chunk.keys for chunk in context.chunks(Keys(tuple(keys))))
