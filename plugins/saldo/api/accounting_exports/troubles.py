"""What went wrong with an export, for whoever asked."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import msgspec

from saldo.errors import SaldoError
from saldo.exports.accounting.jobs import UnknownExport
from saldo.exports.accounting.kept import UnknownExpense
from saldo.exports.accounting.problems import ExpenseProblems
from saldo.exports.accounting.problems import Problem as ExpenseProblem
from saldo.exports.accounting.registering import NotApproved, NotExported, NotNewest

from ..answers import Problem
from ..purchases import troubles

log = logging.getLogger(__name__)


@contextmanager
def told() -> Iterator[None]:
    """Errors of Saldo become problems; the log has them, too."""
    try:
        yield
    except SaldoError as error:
        log.warning("%s", error)
        raise problem_of(error) from None


def problem_of(error: SaldoError) -> Problem:
    """What the caller is told."""
    match error:
        case UnknownExport():
            return Problem(404, "No such export", f"{error}.")
        case UnknownExpense():
            return Problem(422, "There is no such expense", f"{error}.")
        case NotApproved() | NotNewest() | NotExported():
            return Problem(422, "This expense cannot be exported", f"{error}.")
        case ExpenseProblems():
            return invalid(error.problems)
    return troubles.problem_of(error)


def invalid(problems: Sequence[ExpenseProblem]) -> Problem:
    """422 with all that is wrong."""
    count = f"{len(problems)} problems" if len(problems) > 1 else str(problems[0])
    return Problem(
        422,
        "This expense cannot be exported",
        f"{sayable(count)}. Nothing was written.",
        more={"problems": shown(problems)},
    )


def shown(problems: Sequence[ExpenseProblem]) -> list[dict[str, Any]]:
    """As JSON."""
    return [
        {name: sayable(text) for name, text in msgspec.to_builtins(problem).items()}
        for problem in problems
    ]


def sayable(text: str) -> str:
    """Half a character cannot be sent."""
    return text.encode("utf-8", "backslashreplace").decode()
