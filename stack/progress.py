"""What is under way while `make up` waits: bars in a terminal, a line every few seconds where there is none."""

from __future__ import annotations

import sys
import time
from collections import defaultdict
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from types import TracebackType
from typing import TYPE_CHECKING, Any

import psycopg
from rich.console import Console
from rich.markup import escape
from rich.progress import (
    BarColumn,
    Progress,
    ProgressColumn,
    SpinnerColumn,
    TaskID,
    TextColumn,
    TimeElapsedColumn,
)
from rich.table import Column

from .settings import PROJECT

if TYPE_CHECKING:
    from saldo.runs.progress import Progress as Task

#: Seconds between two lines where there is no terminal.
LINES_EVERY_S = 5.0
#: What has run for less is over before anybody has read of it.
_WORTH_S = 3.0
#: Columns of a terminal from which there is room for long bars and for how long they have been there.
_WIDE = 120


class UnderWay:
    """Shows what ops.sync_run says, as often as `look` is called. A warehouse that does not answer shows nothing: whatever is wrong
    is told elsewhere."""

    def __init__(self, console: Console, dsn: str) -> None:
        self._console, self._dsn = console, dsn
        self._connection: psycopg.Connection[tuple[Any, ...]] | None = None
        self._bars: Progress | None = None
        self._tasks: dict[str, TaskID] = {}
        self._said: dict[str, str] = {}
        self._said_at = time.monotonic()
        self._is_doubtful = False
        if console.is_terminal and not console.is_dumb_terminal:
            self._bars = Progress(
                *_columns(console.width),
                console=console,
                transient=True,
                expand=True,
                refresh_per_second=4,
            )

    def __enter__(self) -> UnderWay:
        if self._bars:
            self._bars.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        at: TracebackType | None,
    ) -> None:
        if self._bars:
            self._bars.stop()
        if self._connection:
            self._connection.close()

    def look(self, ended: Mapping[str, tuple[int, int]] | None = None) -> None:
        """Show what there is now. ended: agreement -> (tasks of its run that have ended, all of them)."""
        found: dict[str, list[Task]] = defaultdict(list)
        for task in self._asked():
            if not task.is_dead:
                kind, id = task.subject_kind, task.subject_id
                found[id if kind == "agreement" else f"{kind} {id}"].append(task)
        if self._bars:
            self._draw(self._bars, found, ended or {})
        else:
            self._say(found)

    def _asked(self) -> list[Task]:
        progress_of = _reader()
        try:
            if self._connection is None:
                self._connection = psycopg.connect(self._dsn, autocommit=True, connect_timeout=5)
            return list(progress_of(self._connection))
        except Exception as error:
            # Whatever it is: what is told here is only how far things are.
            if not self._is_doubtful:
                self._console.print(
                    f"  [dim]how far things are is not known ({type(error).__name__})[/]"
                )
            self._is_doubtful, self._connection = True, None
            return []

    # --- in a terminal -----------------------------------------------------------------------------

    def _draw(
        self,
        bars: Progress,
        found: Mapping[str, list[Task]],
        ended: Mapping[str, tuple[int, int]],
    ) -> None:
        for id in [*self._tasks]:
            done, all_ = ended.get(id, (0, 0))
            if id not in found and done >= all_:
                bars.remove_task(self._tasks.pop(id))
        for id in dict.fromkeys(
            [*found, *(id for id, (done, all_) in ended.items() if done < all_)]
        ):
            tasks = found.get(id, [])
            share = _share(tasks, ended.get(id))
            said = escape("; ".join(_line(task) for task in tasks[:2])) or "[dim]waiting[/]"
            if id not in self._tasks:
                self._tasks[id] = bars.add_task(escape(id), total=None, said="")
            bars.update(self._tasks[id], completed=share or 0, total=None if share is None else 1, said=said)  # fmt: skip

    # --- in a pipe -----------------------------------------------------------------------------------

    def _say(self, found: Mapping[str, list[Task]]) -> None:
        now = time.monotonic()
        if now - self._said_at < LINES_EVERY_S:
            return
        for id, tasks in found.items():
            for task in tasks:
                said = task.words()
                if task.done is None or _age_s(task) < _WORTH_S or self._said.get(f"{id} {task.entity}") == said:  # fmt: skip
                    continue
                self._said[f"{id} {task.entity}"] = said
                self._console.print(f"  {escape(id):<10} {escape(task.entity):<24} {escape(said)}")
                self._said_at = now


@contextmanager
def doing(console: Console, what: str) -> Iterator[None]:
    """Says in a terminal what is waited for, and since when, as long as it lasts; what is to stay is printed by whoever waits."""
    if not console.is_terminal or console.is_dumb_terminal:
        yield
        return
    columns = (SpinnerColumn(), TextColumn("{task.description}"), TimeElapsedColumn())
    with Progress(*columns, console=console, transient=True, refresh_per_second=4) as waiting:
        waiting.add_task(escape(what), total=None)
        yield


def _columns(width: int) -> list[ProgressColumn]:
    """What is said of a task has most of the line: a bar is no longer than it can be, and never wraps."""
    whole = Column(no_wrap=True)
    said = TextColumn(
        "{task.fields[said]}", table_column=Column(no_wrap=True, overflow="ellipsis", ratio=1)
    )
    name = TextColumn("  {task.description}", style="bold", table_column=whole)
    if width < _WIDE:
        return [name, BarColumn(bar_width=8), said]
    return [name, BarColumn(bar_width=24), TimeElapsedColumn(table_column=Column(no_wrap=True, min_width=7)), said]  # fmt: skip


def _share(tasks: list[Task], ended: tuple[int, int] | None) -> float | None:
    """0 to 1: of the tasks of a run those that have ended, and of what is measured as much as is done; None: it is not known."""
    shares = [task.fraction for task in tasks if task.fraction is not None]
    if ended is None or not ended[1]:
        return min(shares, default=None)
    done, all_ = ended
    return min(1.0, (done + sum(shares)) / all_)


def _line(task: Task) -> str:
    return f"{task.entity} {task.words()}"


def _age_s(task: Task) -> float:
    return (task.updated_at - task.started_at).total_seconds() + task.age_s


def _reader() -> Any:
    """`make up` begins before there is anything of Saldo's to import: its tasks have it on their path, not this."""
    plugins = str(PROJECT / "plugins")
    if plugins not in sys.path:
        sys.path.append(plugins)
    from saldo.runs.progress import progress_of

    return progress_of
