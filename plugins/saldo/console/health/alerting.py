"""Alerts, for whoever may see what they are about."""

from __future__ import annotations

from typing import Annotated, Any, Literal
from urllib.parse import urlencode

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from saldo.api.auth import visible_dags
from saldo.exports.configuration import dag_id_of
from saldo.files.subjects import DAG_ID as FILES
from saldo.powerbi.subjects import DAG_ID as DATASETS
from saldo.rates.subjects import DAG_ID as RATES
from saldo.subject import SubjectKey, arrays

from ..shell import Reading
from ..shell.formats import plural

MOST = 100
KINDS = {
    "failure": "fails",
    "late": "late",
    "expiry": "key expires",
    "word": "new word",
    "set_aside": "set aside",
}
STATES = {"open": "Open", "off": "Open, switched off", "closed": "Closed", "all": "All"}
#: What one is called, and several.
_NAMES = {
    "agreement": ("agreement", "agreements"),
    "file": ("configuration of files", "configurations of files"),
    "export": ("export", "exports"),
    "rates": ("bank", "banks"),
    "dataset": ("model of Power BI", "models of Power BI"),
}
SUBJECTS = {"agreement": "Agreements", "file": "Files", "export": "Exports", "rates": "Exchange rates", "dataset": "Power BI"}  # fmt: skip


def _blank(value: Any) -> Any:
    value = value.strip() if isinstance(value, str) else value
    return None if value == "" else value


Blank = BeforeValidator(_blank)


class Asked(BaseModel):
    """The address of the list of alerts."""

    model_config = ConfigDict(extra="ignore")

    state: Literal["open", "off", "closed", "all"] = "open"
    kind: Annotated[Literal["failure", "late", "expiry", "word", "set_aside"] | None, Blank] = None
    subject: Annotated[Literal["agreement", "file", "export", "rates", "dataset"] | None, Blank] = (
        None
    )
    q: Annotated[Annotated[str, Field(max_length=100, pattern=r"^[^\x00]*$")] | None, Blank] = None
    cause: Annotated[Annotated[str, Field(pattern=r"^[0-9a-f]{32}$")] | None, Blank] = None
    before: Annotated[Annotated[int, Field(ge=1, le=2**62)] | None, Blank] = None

    def parameters(self) -> dict[str, Any]:
        """Of health/alerts.sql, but for what may be seen."""
        return {
            "is_open": {"open": True, "off": True, "closed": False, "all": None}[self.state],
            "is_watched": {"open": True, "off": False}.get(self.state), "kind": self.kind, "subject_kind": self.subject,
            "asked": self.q, "cause": self.cause, "before": self.before, "most": MOST + 1,
        }  # fmt: skip

    def address(self, **changes: Any) -> str:
        """Of the list with these filters, changed."""
        kept = self.model_dump(exclude={"before"}, exclude_none=True) | changes
        return f"/health/alerts?{urlencode({name: value for name, value in kept.items() if value})}"


def dag_of(key: SubjectKey) -> str:
    """The DAG of a subject: who may see it may see what is said of the subject."""
    match key.kind:
        case "agreement":
            return f"saldo__{key.id}"
        case "export":
            return dag_id_of(key.id)
        case "file":
            return FILES
        case "dataset":
            return DATASETS
    return RATES


def visible(books: Reading, user: Any) -> dict[str, Any]:
    """What there are alerts about, and the user may see: parameters kinds and ids."""
    keys = [SubjectKey(row.kind, row.id) for row in books.rows("health/subjects")]
    allowed = visible_dags(user, map(dag_of, keys))
    return arrays([key for key in keys if dag_of(key) in allowed])


def about(row: Any) -> str:
    """What a cause is about, such as "2 agreements, 1 export"; row: of health/causes.sql."""
    counted = ((getattr(row, kind), names) for kind, names in _NAMES.items())
    return ", ".join(plural(count, *names) for count, names in counted if count)


def page_of(row: Any) -> str | None:
    """The page about what an alert is about; None where there is none."""
    match row.subject_kind:
        case "agreement":
            return f"/agreements/{row.subject_id}"
        case "export":
            return f"/dags/{dag_id_of(row.subject_id)}"
        case "file":
            return "/files"
    return None
