"""The texts of mails to the people who own a file, plain and HTML, from the templates beside this file.

What is in them comes out of people's files and names: the HTML escapes it, and every piece of it is one line.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from zoneinfo import ZoneInfo

from saldo.alerts.message import MailText, one_line
from saldo.errors import ConfigError
from saldo.graph.address import SiteAddress
from saldo.rendering import render
from saldo.workbooks import Problem
from saldo.workbooks.places import in_order
from saldo.workbooks.problems import LISTED

from ..configuration import FileConfiguration
from ..places.source import File
from ..totals import Total

#: How many problems, and how many accounts, are in the mail itself.
SHOWN = 50
_TEMPLATES = Path(__file__).parent / "templates"
_SUBJECT_LENGTH = 150
#: Quoted contents of cells and names are cut here.
_LONGEST = 300
_BAD, _GOOD, _NOTICE = "#b3261e", "#1a7f4b", "#9a6700"
KINDS = {
    "budget": "budget",
    "account_mapping": "mapping of accounts",
    "exchange_rates": "exchange rates",
    "expenses": "expenses",
}


@dataclass(frozen=True)
class About:
    """The file a mail is about. timezone: of the times in the mail. run_url: where the run is shown; empty for nowhere."""

    configuration: FileConfiguration
    file: File
    timezone: str = "UTC"
    run_url: str = ""


@dataclass(frozen=True)
class Rejection:
    """A file that is refused.

    more: problems beyond those listed. in_force: when the version that stays in force was saved; None where there is none.
    copy: the name of the attached copy with the cells marked; empty where there is none.
    """

    about: About
    problems: Sequence[Problem]
    more: int = 0
    in_force: datetime | None = None
    copy: str = ""


@dataclass(frozen=True)
class Acceptance:
    """A file that counts. rows: as in ops.file. replaced: when the version before it was saved; None where there was none.
    effects: what that does to other files, in sentences without a full stop."""

    about: About
    accepted_at: datetime
    rows: int
    totals: Sequence[Total] = ()
    replaced: datetime | None = None
    effects: Sequence[str] = ()


@dataclass(frozen=True)
class Waiting:
    """Files of one owner and configuration, at least one, each with a clause that says which books are missing. since: when
    the first of them was found."""

    files: Sequence[tuple[About, str]]
    since: datetime


@dataclass(frozen=True)
class Account:
    """An account with postings that no rule of a mapping names. agreement: as people call it."""

    agreement: str
    number: str
    name: str


@dataclass(frozen=True)
class Unmapped:
    """Accounts without a mapping. new: those nobody has been told of, at least one; known: the others."""

    configuration: FileConfiguration
    new: Sequence[Account]
    known: Sequence[Account] = ()
    run_url: str = ""


def rejected_mail(rejection: Rejection) -> MailText:
    """What is wrong with a file, and what its owner does about it."""
    about, count = rejection.about, len(rejection.problems) + rejection.more
    listed = in_order(rejection.problems)[:SHOWN]
    in_copy = min(len(rejection.problems), LISTED)
    return _mail(
        "rejected",
        f"{_name(about)} was not accepted: {_counted(count, 'thing')} to correct",
        _BAD,
        about.configuration,
        about.run_url,
        facts=_facts(about),
        kind=KINDS[about.configuration.kind],
        in_force=_clock(about, rejection.in_force),
        problems=[
            (_place(one), _cut(one.found), _cut(one.expected), _cut(one.remedy)) for one in listed
        ],
        more=count - len(listed),
        copy=_cut(rejection.copy),
        in_copy=f"all {count:,}" if in_copy == count else f"the first {in_copy:,}",
    )


def accepted_mail(acceptance: Acceptance) -> MailText:
    """What of a file counts from now on, in figures that its owner knows."""
    about = acceptance.about
    return _mail(
        "accepted",
        f"{_name(about)} is accepted",
        _GOOD,
        about.configuration,
        about.run_url,
        facts=[*_facts(about), ("Accepted", _clock(about, acceptance.accepted_at))],
        rows=_counted(acceptance.rows, "row"),
        replaced=_clock(about, acceptance.replaced),
        effects=[_cut(one) for one in acceptance.effects],
        totals=[
            (
                _cut(one.company),
                _cut(one.scenario),
                _cut(one.year),
                str(one.rows),
                _amount(one.amount),
            )
            for one in acceptance.totals
        ],
        amounts_in=about.configuration.amounts_in,
    )


def unmapped_mail(unmapped: Unmapped) -> MailText:
    """Accounts that reports cannot place in the group's chart."""
    count = len(unmapped.new)
    verb = "has" if count == 1 else "have"
    return _mail(
        "unmapped",
        f"{_counted(count, 'account')} {verb} postings and no place in the group's chart",
        _NOTICE,
        unmapped.configuration,
        unmapped.run_url,
        facts=[
            ("Mapping", one_line(unmapped.configuration.match)),
            ("Where", where_of(unmapped.configuration)),
        ],
        new=_accounts(unmapped.new),
        more=max(0, count - SHOWN),
        known=_accounts(unmapped.known),
        known_more=max(0, len(unmapped.known) - SHOWN),
    )


def waiting_mail(waiting: Waiting) -> MailText:
    """Files that cannot be compared with any books yet."""
    (about, _), count = waiting.files[0], len(waiting.files)
    is_one = count == 1
    return _mail(
        "waiting",
        f"{_name(about) if is_one else _counted(count, 'file')} {'waits' if is_one else 'wait'} for books that are not there",
        _NOTICE,
        about.configuration,
        about.run_url,
        facts=[
            *(_facts(about) if is_one else [("Where", where_of(about.configuration))]),
            ("Waits since", _clock(about, waiting.since)),
        ],
        it="it" if is_one else "them",
        waiting=[(_cut(one.file.name), _cut(reason)) for one, reason in waiting.files[:SHOWN]],
        more=max(0, count - SHOWN),
    )


def gone_mail(about: About) -> MailText:
    """A file that counted is not there any more."""
    return _mail(
        "gone",
        f"{_name(about)} was removed, and no longer counts",
        _NOTICE,
        about.configuration,
        about.run_url,
        facts=_facts(about),
    )


def copy_name(file: File) -> str:
    """What the copy with marked cells is called."""
    return f"{file.name.rpartition('.')[0]} (marked).xlsx"


def _mail(
    template: str,
    title: str,
    color: str,
    configuration: FileConfiguration,
    run_url: str,
    **values: object,
) -> MailText:
    subject = one_line(f"Saldo: {title}")
    if len(subject) > _SUBJECT_LENGTH:
        subject = f"{subject[: _SUBJECT_LENGTH - 1]}…"
    values |= {"title": title, "color": color, "id": configuration.id, "run_url": run_url}
    text, html = (render(_TEMPLATES, f"{template}.{kind}", **values) for kind in ("txt", "html"))
    return MailText(subject, text, html)


def _name(about: About) -> str:
    """A file's name in a title: the end says most of a long one."""
    name = one_line(about.file.name) or "the file"
    return name if len(name) <= 80 else f"…{name[-79:]}"


def _facts(about: About) -> list[tuple[str, str]]:
    """(label, text) of what tells a file from others."""
    file = about.file
    saved = _clock(about, file.modified_at)
    by = f"by {_cut(file.modified_by)}" if file.modified_by else ""
    facts = [("File", _cut(file.name)), ("Where", where_of(about.configuration))]
    if saved or by:
        facts.append(("Saved", " ".join(part for part in (saved, by) if part)))
    return facts


def where_of(configuration: FileConfiguration) -> str:
    """Where files lie, as people find them."""
    sharepoint = configuration.source.sharepoint
    if sharepoint is None:
        return one_line(configuration.source.folder or "")
    try:
        site = SiteAddress.of(sharepoint.site)
        shown = f"https://{site.host}/{site.path}" if site.host else str(site)
    except ConfigError:
        shown = sharepoint.site
    parts = [shown, f"library {sharepoint.library}"]
    if sharepoint.folder:
        parts.append(f"folder {sharepoint.folder}")
    return one_line(", ".join(parts))


def _place(problem: Problem) -> str:
    cell = one_line(problem.cell)
    if not problem.sheet:
        return f"{cell[:1].upper()}{cell[1:]}" if cell else "The file"
    return f"{_cut(problem.sheet)}, {cell}" if cell else f"Sheet {_cut(problem.sheet)}"


def _accounts(accounts: Sequence[Account]) -> list[tuple[str, str, str]]:
    return [(_cut(one.agreement), _cut(one.number), _cut(one.name)) for one in accounts[:SHOWN]]


def _clock(about: About, at: datetime | None) -> str:
    return (
        f"{at.astimezone(ZoneInfo(about.timezone)):%Y-%m-%d %H:%M} ({about.timezone})" if at else ""
    )


def _counted(count: int, what: str) -> str:
    return f"{count:,} {what}{'' if count == 1 else 's'}"


def _amount(amount: Decimal) -> str:
    """With spaces between thousands, which mean the same in all languages."""
    return f"{amount:,.2f}".replace(",", "\N{NO-BREAK SPACE}").replace("-", "−")


def _cut(text: str) -> str:
    text = one_line(text)
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"
