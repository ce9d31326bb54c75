"""Starting a run of an agreement's DAG, as the form of Airflow's trigger dialog does; what people ask for twice runs once."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any, Literal

from pydantic import BaseModel, field_validator

from saldo.agreements.agreement import Agreement
from saldo.errors import Busy, ConfigError
from saldo.run_request import RunRequest
from saldo.runs import audit
from saldo.runs.sync_run import Run
from saldo.vendors import VENDORS
from saldo.warehouse.connection import Connection, exclusive

from . import runs
from .answers import Problem

_WAIT_S = 5.0


class Wish(BaseModel):
    """The parameters of a run, as its DAG has them. first, last: from and to. entities: all where there are none."""

    mode: Literal["auto", "full", "window"] = "auto"
    first: date | None = None
    last: date | None = None
    entities: list[str] = []
    confirm_deletes: bool = False

    @field_validator("first", "last", mode="before")
    @classmethod
    def _empty_is_none(cls, value: Any) -> Any:
        """A field of a form that was left empty."""
        return value or None

    def conf(self) -> dict[str, Any]:
        """What differs from the form's defaults."""
        said: dict[str, Any] = {
            "mode": self.mode if self.mode != "auto" else None,
            "from": self.first.isoformat() if self.first else None,
            "to": self.last.isoformat() if self.last else None,
            "entities": self.entities,
            "confirm_deletes": self.confirm_deletes,
        }
        return {key: value for key, value in said.items() if value}


def refuse_impossible(agreement: Agreement, wish: Wish) -> None:
    """Raises Problem 422 for a window that cannot be read, dates without one, and entities that the agreement has not."""
    known = {one.name for one in VENDORS[agreement.vendor].wanted(agreement)}
    unknown = [name for name in wish.entities if name not in known]
    if unknown:
        raise Problem(
            422,
            "There is no such entity",
            f"{agreement.name} lands no {', '.join(unknown)}; choose others.",
        )
    if wish.mode != "window" and (wish.first or wish.last):
        raise Problem(
            422,
            "The dates would be ignored",
            f"Mode {wish.mode} reads no window of days. Choose mode window, or leave the dates empty.",
        )
    try:
        RunRequest.of(
            mode=wish.mode,
            is_backfill=False,
            interval=None,
            chosen=(wish.first, wish.last),
            start_date=agreement.start_date,
        )
    except ConfigError as error:
        said = str(error)
        raise Problem(422, "This window cannot be read", f"{said[:1].upper()}{said[1:]}.") from None


def start_run(
    connection: Connection, agreement: Agreement, wish: Wish, *, actor: str, by: str
) -> runs.DagRun:
    """Start it and write who did into ops.audit. by: through what.

    Raises Problem 422 as refuse_impossible, 409 where the same is waiting or at work already or somebody else starts one, and
    as runs.start does.
    """
    refuse_impossible(agreement, wish)
    conf = wish.conf()
    try:
        with exclusive(connection, agreement.id, "starts of runs", wait_s=_WAIT_S):
            runs.refuse_resting(agreement.dag_id)
            _refuse_twice(agreement, conf)
            run = runs.start(agreement.dag_id, conf, actor=actor)
    except Busy:
        raise Problem(
            409,
            "Somebody else starts a run of it right now",
            "Try again in a few seconds. Nothing was started.",
        ) from None
    audit.record(
        connection,
        audit.Action.RUN_STARTED,
        actor=actor,
        subject=agreement.key,
        run=Run(run.dag_id, run.run_id),
        detail={"by": by, **conf},
    )
    return run


def _refuse_twice(agreement: Agreement, conf: Mapping[str, Any]) -> None:
    for run in runs.newest(agreement.dag_id, states=("queued", "running")):
        if _said(run.conf) == _said(conf):
            who = (
                f"{run.asked_by} has asked for it" if run.asked_by else "Its schedule has begun it"
            )
            when = f" at {run.asked_at:%Y-%m-%d %H:%M} UTC" if run.asked_at else ""
            raise Problem(
                409,
                "This very run is there already",
                f"{who}{when}, and it {'waits for its turn' if run.state == 'queued' else 'is at work'}. Nothing was started.",
            )  # fmt: skip


def _said(conf: Mapping[str, Any]) -> dict[str, Any]:
    """A conf without what says nothing."""
    said = {key: value for key, value in conf.items() if value and (key, value) != ("mode", "auto")}
    return {**said, "entities": sorted(said["entities"])} if "entities" in said else said
