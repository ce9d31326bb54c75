"""The head of every page about one agreement: who it is, how it is, what is next. Templates show it by agreement/frame.html."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from fastapi import Request

from saldo.agreements.agreement import Agreement
from saldo.api import auth, runs
from saldo.api.answers import Problem
from saldo.api.runs import Plan
from saldo.paths import PROJECT
from saldo.vendors import title_of
from saldo.yaml_files import BrokenFile

from . import agreements
from .reading import Reading
from .states import Seen, State, seen, state_of


@dataclass(frozen=True)
class Head:
    """An agreement as its pages begin. agreement: None where no file can be read; broken: the file that cannot. path: of its
    file. plan: None where Airflow has no such DAG. may_act: whether the user may start runs."""

    id: str
    name: str
    vendor: str
    company: str | None
    currency: str | None
    agreement: Agreement | None
    broken: BrokenFile | None
    path: str | None
    plan: Plan | None
    seen: Seen
    state: State
    may_act: bool

    @property
    def dag_id(self) -> str:
        return f"saldo__{self.id}"

    @property
    def vendor_name(self) -> str:
        """As people call it."""
        return title_of(self.vendor)

    @property
    def is_live(self) -> bool:
        """Whether it has runs to come: a file that is good and not switched off."""
        return self.agreement is not None and self.agreement.enabled


def agreement_head(request: Request, user: Any, agreement_id: str, books: Reading) -> Head:
    """Raises Problem 404 for an agreement that neither files nor the warehouse know."""
    found = agreements.agreements()
    agreement = next((one for one in found.good if one.id == agreement_id), None)
    broken = next((file for file in found.broken if file.path.stem == agreement_id), None)
    row = books.row("shell/identity", {"agreement_id": agreement_id})
    if agreement is None and broken is None and row is None:
        raise Problem(
            404,
            "No such agreement",
            f"There is no file of an agreement {agreement_id!r}, and the warehouse has nothing of it. It may have another id: "
            "search for its name in the overview.",
        )
    known = seen(books, [agreement_id])[agreement_id]
    dag_id = f"saldo__{agreement_id}"
    plan = runs.plans([dag_id]).get(dag_id)
    return Head(
        id=agreement_id,
        name=agreement.name if agreement else (row and row.name) or agreement_id,
        vendor=agreement.vendor if agreement else (row and row.vendor) or "",
        company=agreement.company if agreement else row and row.company,
        currency=row and row.currency,
        agreement=agreement,
        broken=broken,
        path=_path_of(agreement_id),
        plan=plan,
        seen=known,
        state=state_of(agreement, known, plan),
        may_act=auth.may_trigger(request, user, dag_id),
    )


def _path_of(agreement_id: str) -> str | None:
    return next(map(_shown, agreements.files_of(agreement_id)), None)


def _shown(path: Path) -> str:
    return str(path.relative_to(PROJECT) if path.is_relative_to(PROJECT) else path)
