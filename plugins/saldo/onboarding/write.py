"""`make agreement` and `make agreements`: files from questions, or from a table."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from zoneinfo import available_timezones

from saldo.agreements import table as agreement_csv
from saldo.agreements.drafts import Draft, State, draft, required, states, write
from saldo.agreements.loading import agreement_dirs
from saldo.errors import ConfigError
from saldo.paths import PROJECT
from saldo.vendors import SOURCES, entity_names

from .next_steps import connection_steps
from .prompts import Asker, Question, asker
from .screen import say, show_files

#: What the other keys are while one of them is checked.
_RIGHT = {
    "id": "a", "name": "a", "connection": "a", "schedule": "null", "timezone": "UTC",
    "start_date": "2024-01-01", "vendor": next(iter(SOURCES)),
}  # fmt: skip


def one(given: Mapping[str, str], *, replace: bool) -> int:
    """Write the file of one agreement; asks for what is not given. Returns the exit code."""
    who = asker()
    texts = dict(given)
    for key, value in given.items():
        if wrong := _problem(key, value):
            raise ConfigError(f"--{key}: {wrong}")
    for key in _QUESTIONS:
        if key not in texts:
            texts[key] = who.ask(_question(key, texts))
    found, problems = draft(texts, directory=_directory(), vendors=entity_names())
    if found is None:
        raise ConfigError("\n".join(map(str, problems)))
    state = _states([found])[0]
    say(f"{_shown(found.path)}\n\n{found.text}")
    if not _may_write([state], who, replace=replace, flag="--replace"):
        say("Nothing was written.")
        return 2
    if state.what != "unchanged":
        write([found])
    say(f"{_shown(found.path)}: {_RESULTS[state.what]}.\n")
    say(connection_steps(found.agreement))
    return 0


def many(path: Path, *, replace: bool) -> int:
    """Write the files of a table, all of them or none. Returns the exit code."""
    drafts = agreement_csv.drafts(path, directory=_directory(), vendors=entity_names())
    found = _states(drafts)
    if not _may_write(found, asker(), replace=replace, flag="REPLACE=1 (--replace)"):
        say("Nothing was written.")
        return 2
    write([state.draft for state in found if state.what != "unchanged"])
    show_files([(s.draft.agreement.id, _shown(s.draft.path), _RESULTS[s.what]) for s in found])
    ids = " ".join(state.draft.agreement.id for state in found)
    say(f'Their connections come next, then: make check AGREEMENT="{ids}"')
    return 0


_RESULTS = {"new": "written", "unchanged": "unchanged", "differs": "replaced"}


def _states(drafts: Sequence[Draft]) -> list[State]:
    return states(drafts, vendors=entity_names(), directories=agreement_dirs())


def _may_write(found: Sequence[State], who: Asker, *, replace: bool, flag: str) -> bool:
    differing = [_shown(state.draft.path) for state in found if state.what == "differs"]
    if not differing or replace:
        return True
    return who.agrees(
        f"{', '.join(differing)} say(s) something else already. Replace?",
        otherwise=f"give {flag}; nothing was written",
    )


def _directory() -> Path:
    return agreement_dirs()[0]


def _shown(path: Path) -> str:
    return str(path.relative_to(PROJECT) if path.is_relative_to(PROJECT) else path)


# --- questions -----------------------------------------------------------------------------------

#: In the order in which they are asked.
_QUESTIONS = {
    "id": "Id (a small letter, then a-z 0-9 _; never changes)",
    "name": "Name of the company",
    "vendor": "Accounting system",
    "connection": "Airflow connection with its tokens",
    "schedule": "When, as cron in the agreement's timezone (null: only on demand)",
    "timezone": "Timezone",
    "start_date": "First day that a backfill may ask for (nights read all history)",
    "company": "Registration number of the company (may stay empty)",
    "alerts.to": "Mail addresses notified of failures, with commas (may stay empty)",
    "enabled": "Switch it on now? Its first run then starts within a minute (true or false)",
}


def _question(key: str, texts: Mapping[str, str]) -> Question:
    """With a default that fits what was answered before."""
    defaults = {
        "connection": f"{texts.get('vendor')}_{texts.get('id')}",
        "schedule": "0 3 * * *",
        "timezone": "Europe/Copenhagen",
        "start_date": f"{datetime.now(UTC).year - 1}-01-01",
        "vendor": next(iter(SOURCES)),
        "enabled": "false",
    }
    return Question(
        key,
        _QUESTIONS[key],
        partial(_problem, key),
        default=defaults.get(key, ""),
        choices={"vendor": tuple(SOURCES), "enabled": ("false", "true")}.get(key, ()),
        suggestions=tuple(sorted(available_timezones())) if key == "timezone" else (),
    )


def _problem(key: str, answer: str) -> str:
    """What is wrong with one answer, empty if nothing."""
    if key not in required() and not answer.strip():
        return ""
    texts = {**_RIGHT, key: answer}
    _, problems = draft(texts, directory=_directory(), vendors=entity_names())
    return "; ".join(problem.message for problem in problems if problem.key == key)
