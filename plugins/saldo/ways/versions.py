"""Versions: the vendor lists the id and version of every record, and hands out records by id.

What the list has and we have not is new; what has another version has changed; what it lacks is gone. A night on which
nothing has changed costs the list alone. The difference is taken between the list and staging, so a read that was killed
goes on with what is left, and the version that counts is the one of the record that was landed.

A list is believed for what it names, not for what it lacks: see gone. Where it is wrong about a few records, run after run, the
others do not wait for them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, ClassVar

from msgspec.structs import replace

from saldo.declarations.entity import Entity
from saldo.declarations.source import Days, Keys

from . import gone, wrong_lists
from .conditions import Dated, Numbered
from .context import LandingContext
from .gone import VersionedSource
from .plan import ReadChanges, ReadEverything, ReadWindow
from .reread import merge
from .state import Cursor, SetResume, State, now
from .way import Way

#: Records whose keys are taken from the list at once.
_AT_ONCE = 1_000
#: How far the vendor's clock and ours may differ.
_SKEW = timedelta(seconds=60)
_EVERYTHING, _CHANGES = "everything", "versions"


class VersionsCursor(Cursor, frozen=True, kw_only=True, omit_defaults=True):
    """`cursor`: state.Cursor, and when records were read.

        {"read_from": "2026-10-30T01:00:00Z", "read_to": "2026-10-30T01:00:09Z", "full_at": "2026-10-25T01:00:00Z"}

    read_from, read_to: the beginning and the end of the last read that was whole.
    begun: when the first try of the read under way began.
    withheld, withheld_from: keys that were listed and not handed out, some of them, and the Airflow run that met them first.
    unlisted, unlisted_from: likewise keys that were not listed and handed out.
    `resume` is state.SetResume, its `read` "everything" or "versions".
    """

    read_from: datetime | None = None
    read_to: datetime | None = None
    begun: datetime | None = None
    withheld: tuple[str, ...] = ()
    withheld_from: str = ""
    unlisted: tuple[str, ...] = ()
    unlisted_from: str = ""


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
        reading = self._fetch(context, cursor, reading)
        withheld = self._withheld(context)
        self._check_withheld(context, withheld, cursor, reading)
        found = gone.among(
            context,
            context.rows.unlisted(),
            others=self.shares_ids_with,
            version=self.version,
            judge=lambda alive: self._check_unlisted(context, alive, cursor, reading),
        )
        finished = replace(
            cursor,
            read_from=cursor.begun,
            read_to=now(),
            begun=None,
            withheld=withheld,
            unlisted=found.alive,
        )
        if is_everything:
            finished = replace(finished, full_at=now())
        with context.transaction():
            gone.tombstone(context, found)
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

    def _fetch(
        self, context: LandingContext, cursor: VersionsCursor, reading: SetResume
    ) -> SetResume:
        """Read what the list says is wanted, in the order of the keys."""
        after = ""
        context.measure(reading.seen, reading.seen + context.rows.undelivered())
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
        return reading

    def _withheld(self, context: LandingContext) -> tuple[str, ...]:
        """Keys that the vendor lists and does not hand out. What is not listed any more has vanished in between, and is
        settled by the list read last."""
        if not context.rows.undelivered():
            return ()
        source: VersionedSource = context.source
        return tuple(context.rows.still_listed(source.versions(context.entity)))

    def _check_withheld(
        self,
        context: LandingContext,
        withheld: tuple[str, ...],
        cursor: VersionsCursor,
        reading: SetResume,
    ) -> None:
        """Raises Unavailable: the answer was not whole; see wrong_lists."""
        if not withheld:
            return
        since, run_id = cursor.withheld_from, context.run_id
        if not wrong_lists.is_known(withheld, cursor.withheld, since=since, run_id=run_id):
            kept = withheld[: wrong_lists.MOST]
            context.save(replace(cursor, withheld=kept, withheld_from=run_id), reading)
            raise wrong_lists.not_sent(withheld)
        context.note(wrong_lists.note_of_withheld(withheld))

    def _check_unlisted(
        self,
        context: LandingContext,
        alive: Sequence[str],
        cursor: VersionsCursor,
        reading: SetResume,
    ) -> None:
        """The same of what is handed out and not listed, which has landed."""
        since, run_id = cursor.unlisted_from, context.run_id
        if not wrong_lists.is_known(alive, cursor.unlisted, since=since, run_id=run_id):
            kept = tuple(alive[: wrong_lists.MOST])
            context.save(replace(cursor, unlisted=kept, unlisted_from=run_id), reading)
            raise wrong_lists.not_listed(alive)
        context.note(wrong_lists.note_of_unlisted(alive))

    # --- a window ------------------------------------------------------------------------------------

    def _read_window(
        self,
        context: LandingContext,
        window: ReadWindow,
        state: State[VersionsCursor, SetResume],
    ) -> None:
        """See window.read. What is dated so here and not at the vendor is dated elsewhere there, is of another kind, or
        is gone. The next night reads once more what may have changed in the second in which it was read here."""
        begun, known = now(), state.cursor.withheld
        dated = Dated(str(context.entity.window), window.first, window.last)
        with context.transaction():
            context.rows.forget_seen()
            self._merge_days(context, window, known=known)
            if left := sorted({*context.rows.unseen(dated)}.difference(known)):
                merge(context, Keys(tuple(left)))
                missing = context.rows.unseen(Numbered(left))
                self._check_missing(context, missing)
                found = gone.among(
                    context, missing, others=self.shares_ids_with, version=self.version
                )
                gone.tombstone(context, found)
            context.rows.repair(dated)
            resume = state.resume
            if resume and not resume.is_incomplete:
                resume = replace(resume, seen=-1)
            read_from = state.cursor.read_from or begun
            context.save(replace(state.cursor, read_from=read_from, read_to=now()), resume)

    def _merge_days(
        self, context: LandingContext, window: ReadWindow, *, known: tuple[str, ...]
    ) -> None:
        """known: keys that are never handed out."""
        source: VersionedSource = context.source
        listed = source.versions(context.entity, Days(window.first, window.last))
        context.rows.list_versions(listed, self.version, is_everything=True, doubtful=None)
        after = ""
        while keys := context.rows.wanted(after=after, limit=_AT_ONCE):
            for chunk in context.chunks(Keys(tuple(keys))):
                context.merge(chunk.rows)
                context.rows.mark_seen(chunk.rows)
                context.rows.mark_delivered([row.source_key for row in chunk.rows])
            after = keys[-1]
        if withheld := sorted({*self._withheld(context)}.difference(known)):
            raise wrong_lists.not_sent(withheld)

    def _check_missing(self, context: LandingContext, missing: Sequence[str]) -> None:
        """What was asked for and did not come is gone only if the whole list does not name it either."""
        if not missing:
            return
        source: VersionedSource = context.source
        listed = source.versions(context.entity)
        context.rows.list_versions(listed, self.version, is_everything=False, doubtful=None)
        lacking = len(set(missing).difference(context.rows.unlisted()))
        if lacking:
            raise context.incomplete(len(missing), len(missing) - lacking)
