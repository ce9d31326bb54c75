"""What went wrong with an export, for whoever asked."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager
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


def told() -> AbstractContextManager[None]:
    """Errors of Saldo become problems; the log has them, too."""
    return troubles.told(problem_of)


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


def invalid(
    problems: Sequence[ExpenseProblem], *, title: str = "This expense cannot be exported"
) -> Problem:
    """422 with all that is wrong; nothing was written."""
    count = f"{len(problems)} problems" if len(problems) > 1 else str(problems[0])
    return Problem(
        422,
        title,
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
    """Names of keys are the sender's: half a character cannot be sent back."""
    return text.encode("utf-8", "backslashreplace").decode()
