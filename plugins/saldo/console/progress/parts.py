"""What the template shows: bars, and a sentence for screen readers that does not change with every record."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from operator import attrgetter
from urllib.parse import quote

from saldo.api.runs import DagRun
from saldo.runs.progress import Progress, progress_of
from saldo.subject import SubjectKey
from saldo.warehouse.connection import Connection

from ..shell.formats import thousands


def of_agreement(
    connection: Connection,
    agreement_id: str,
    *,
    heard: str | None = None,
    runs: Sequence[DagRun] = (),
) -> dict[str, object]:
    """Values of progress/progress.html: what is under way of an agreement. heard: the sentence that was said last; None where the
    part is shown for the first time. runs: those that Airflow has at work, the newest first: between two tasks nothing else
    says that there is one."""
    return of_subject(
        connection,
        SubjectKey("agreement", agreement_id),
        path=f"/agreements/{quote(agreement_id, safe='')}/progress",
        back=f"/agreements/{quote(agreement_id, safe='')}",
        heard=heard,
        runs=runs,
    )


def of_subject(
    connection: Connection,
    subject: SubjectKey,
    *,
    path: str,
    back: str,
    heard: str | None = None,
    runs: Sequence[DagRun] = (),
) -> dict[str, object]:
    """The same of any subject. path: of the route that answers with this part; back: of the page that shows what came of it."""
    tasks = progress_of(connection, subject=subject)
    return of_tasks(tasks, path=path, back=back, heard=heard, runs=runs)


def of_tasks(
    tasks: list[Progress],
    *,
    path: str,
    back: str,
    heard: str | None = None,
    name_of: Callable[[Progress], str] = attrgetter("entity"),
    runs: Sequence[DagRun] = (),
) -> dict[str, object]:
    """The same of tasks of several subjects. name_of: what each is called there."""
    waits = "" if tasks else _wait_of(runs)
    says = _sentence(tasks, name_of) or waits
    return {
        "tasks": tasks,
        "waits": waits,
        "name_of": name_of,
        "in_words": _in_words,
        "says": says,
        "is_told": says == heard,
        "is_first": heard is None,
        "progress_path": path,
        "progress_back": back,
    }


def _wait_of(runs: Sequence[DagRun]) -> str:
    """What there is to say of runs none of whose tasks is at work."""
    if not runs:
        return ""
    is_running = any(run.state == "running" for run in runs)
    return "The run waits for its next task" if is_running else "The run waits for its turn"


def _in_words(task: Progress) -> str:
    """With the spaces that pages have between thousands."""
    return thousands(task.words())


def _sentence(tasks: list[Progress], name_of: Callable[[Progress], str]) -> str:
    """Tens of percents: one that changed with every look would be read out without end."""
    return "; ".join(f"{name_of(task)}{_said(task)}" for task in tasks)


def _said(task: Progress) -> str:
    if task.is_dead:
        return " was interrupted"
    if task.fraction is None:
        return " is running"
    return f": {int(task.fraction * 10) * 10} percent"
