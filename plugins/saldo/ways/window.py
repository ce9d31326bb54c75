"""A window of days, read again: all of it or nothing, and no marker moves."""

from __future__ import annotations

from msgspec.structs import replace

from saldo.declarations.entity import DaysOf
from saldo.declarations.source import Days

from .conditions import Dated, Numbered
from .context import LandingContext
from .plan import ReadWindow
from .reread import again, merge
from .state import Cursor, SetResume


def read(
    context: LandingContext,
    window: ReadWindow,
    cursor: Cursor,
    resume: SetResume | None,
    *,
    upto: int | None,
) -> None:
    """Read a window of days; rows gone from it are looked up by number. Core writes all of it again.

    upto: the marker of numbered records. What is beyond it is left to the night: a window could hold one
    line of a voucher whose others are dated outside. resume: of a set that is unfinished; it has lost its
    list of what it saw, and starts over. Raises Unavailable for a window that is not whole.
    """
    with context.transaction():
        context.rows.forget_seen()
        by = context.entity.window
        if isinstance(by, DaysOf):
            _read_parts(context, window, by, upto=upto)
        else:
            _read_days(context, window, by or "", upto=upto)
        if resume and not resume.is_incomplete:
            context.save(cursor, replace(resume, seen=-1))


def _read_days(
    context: LandingContext, window: ReadWindow, field: str, *, upto: int | None
) -> None:
    days = Days(window.first, window.last)
    seen = merge(context, days, upto=upto)
    announced = context.count(days, upto=upto)
    if announced is not None and announced != seen:
        raise context.incomplete(announced, seen)
    dated = Dated(field, window.first, window.last)
    again(context, context.rows.unseen(dated), upto=upto)
    context.rows.repair(dated)


def _read_parts(
    context: LandingContext, window: ReadWindow, of: DaysOf, *, upto: int | None
) -> None:
    numbers = context.rows.dated_in(of.entity, Dated(of.field, window.first, window.last))
    again(context, numbers, upto=upto)
    context.rows.repair(Numbered(numbers))
