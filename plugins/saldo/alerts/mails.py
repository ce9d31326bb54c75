"""The text of a mail, plain and HTML, from the templates beside this file.

Names and errors come from outside: the HTML escapes them, and the subject is always one line.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from urllib.parse import quote

from saldo.rendering import render
from saldo.subject import Kind, Subject, SubjectKey

from .causes import in_plain_words
from .message import MailText, one_line

_TEMPLATES = Path(__file__).parent / "templates"
_SUBJECT_LENGTH = 150
#: First sentences of what is told besides failures.
_ONCE = {
    "word": "A list has words that Saldo does not know yet. Nothing is lost, and nothing stops.",
    "set_aside": "Values cannot be stored. You get this mail once, another when there are more, and one when it is well.",
}
_COLORS = {"recovered": "#1a7f4b", "reminder": "#9a6700"}
_BAD = "#b3261e"


@dataclass(frozen=True)
class _Phrases:
    """How mails speak of a kind of subject. late: what it means when its run is late. settings:
    where its recipients are named: a key, and of what."""

    run: str
    late: str
    settings: tuple[str, str]


_PHRASES: dict[Kind, _Phrases] = {
    "agreement": _Phrases(
        "the night",
        "Reports may show the state of an earlier day until it has.",
        ("alerts", "in the agreement's file"),
    ),
    "file": _Phrases(
        "the run",
        "Reports may show an earlier version of the file until it has.",
        ("SALDO_ALERTS_TO", ""),
    ),
    "export": _Phrases(
        "the run",
        "What it is to send waits until it has.",
        ("alerts", "in the export's configuration"),
    ),
    "rates": _Phrases(
        "the run",
        "Reports may convert at older rates until it has.",
        ("SALDO_ALERTS_TO", ""),
    ),
    "dataset": _Phrases(
        "the run",
        "Reports in Power BI show the state of its last refresh until it has.",
        ("SALDO_ALERTS_TO", ""),
    ),
}


@dataclass(frozen=True)
class Case:
    """One alert as a mail shows it; `since`, `ended_at` are instants, shown in the subject's zone."""

    subject: Subject
    kind: str
    news: str
    task: str
    since: datetime
    ended_at: datetime | None
    failures: int
    headline: str
    cause: str
    reason: str
    dag_id: str
    run_id: str | None
    try_number: int | None


@dataclass(frozen=True)
class Reason:
    """Tasks of one subject that fail for one cause, in the words of the first of them."""

    text: str
    tasks: list[tuple[str, str]]


@dataclass(frozen=True)
class Part:
    """What a mail says about one subject."""

    name: str
    id: str
    system: str
    since: str
    ended_at: str | None
    failures: int
    reasons: list[Reason]
    run_url: str
    is_run: bool


def compose(cases: Sequence[Case], *, ui_url: str) -> MailText:
    """The text of one mail. cases: of one topic (News.topic), at least one."""
    groups: dict[SubjectKey, list[Case]] = defaultdict(list)
    for case in cases:
        groups[case.subject.key].append(case)
    title, lead = _title_and_lead(cases, [group[0].subject for group in groups.values()])
    parts = [_part(group, ui_url) for group in groups.values()]
    settings = dict.fromkeys(_PHRASES[key.kind].settings for key in groups)
    values = {
        "title": title,
        "lead": lead,
        "parts": parts,
        "kind": cases[0].kind,
        "news": cases[0].news,
        "color": _COLORS.get(cases[0].news, _BAD),
        "settings": list(settings),
    }
    subject = one_line(f"Saldo: {title}")
    if len(subject) > _SUBJECT_LENGTH:
        subject = f"{subject[: _SUBJECT_LENGTH - 1]}…"
    text, html = (render(_TEMPLATES, f"alert.{kind}", **values) for kind in ("txt", "html"))
    return MailText(subject, text, html)


def _who(subjects: Sequence[Subject]) -> str:
    """The name of one, the number of several: 2 agreements and 1 file."""
    if len(subjects) == 1:
        return subjects[0].name
    counts = Counter(of.key.kind for of in subjects)
    return " and ".join(
        f"{n} {kind}{'s' if n > 1 and kind != 'rates' else ''}" for kind, n in counts.items()
    )


def _title_and_lead(cases: Sequence[Case], subjects: Sequence[Subject]) -> tuple[str, str]:
    """(title, first sentence): who it is about, and what there is to know."""
    case = cases[0]
    who = _who(subjects)
    if case.kind == "late":
        words = _PHRASES[case.subject.key.kind]
        if case.news == "recovered":
            return (
                f"{who}: {words.run} has finished",
                "What was late is done; nothing is left to do.",
            )
        times = {case.headline for case in cases}
        title = (
            f"{who}: {words.run} has {times.pop() if len(times) == 1 else 'not finished in time'}"
        )
        return (f"still: {title}" if case.news == "reminder" else title), words.late
    if case.kind == "expiry":
        return f"{who}: {case.headline}", case.reason
    if case.news == "recovered":
        lead = "What failed has succeeded again; nothing is left to do."
        return f"{who}: well again", lead
    more = len({other.headline for other in cases}) - 1
    title = f"{who}: {case.headline}{f', and {more} more' if more else ''}"
    if case.news == "failed" and case.kind in _ONCE:
        return title, _ONCE[case.kind]
    if case.news == "changed":
        return (
            f"{title} (another reason than before)",
            "It fails as before, but for another reason.",
        )
    if case.news == "reminder":
        return f"still: {title}", "This was reported before, and it still fails."
    lead = "The last runs failed. You get this mail once, another when the reason changes, and one when it is well."
    return title, lead


def _part(cases: Sequence[Case], ui_url: str) -> Part:
    first = cases[0]
    of = first.subject
    reasons: dict[str, Reason] = {}
    for case in cases:
        reason = reasons.setdefault(case.cause, Reason(_printable(in_plain_words(case.reason)), []))
        reason.tasks.append((case.task, _log_url(case, ui_url)))
    ended = max((case.ended_at for case in cases if case.ended_at), default=None)
    latest = max(cases, key=lambda case: case.since)
    return Part(
        name=of.name,
        id=str(of.key),
        system=of.system_name,
        since=_clock(min(case.since for case in cases), of),
        ended_at=_clock(ended, of) if ended else None,
        failures=max(case.failures for case in cases),
        reasons=list(reasons.values()),
        run_url=_run_url(latest, ui_url),
        is_run=latest.run_id is not None,
    )


def _clock(at: datetime, of: Subject) -> str:
    return f"{at.astimezone(of.zone):%Y-%m-%d %H:%M} ({of.timezone})"


def _run_url(case: Case, ui_url: str) -> str:
    base = f"{ui_url.rstrip('/')}/dags/{quote(case.dag_id)}"
    return f"{base}/runs/{quote(case.run_id, safe='')}" if case.run_id else base


def _log_url(case: Case, ui_url: str) -> str:
    if case.kind == "late" or not case.run_id:
        return _run_url(case, ui_url)
    task = case.subject.task_ids.get(case.task, case.task)
    number = f"?try_number={case.try_number}" if case.try_number else ""
    return f"{_run_url(case, ui_url)}/tasks/{quote(task)}{number}"


def _printable(text: str) -> str:
    """Without control characters, which mail servers and terminals may obey."""
    return "".join(c if c.isprintable() or c == "\n" else " " for c in text).strip() or "no text"
