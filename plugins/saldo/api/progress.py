"""GET /saldo/api/v1/agreements/<agreement>/progress: what is under way of an agreement, how far it has come, how long it takes."""

from __future__ import annotations

from datetime import datetime

from fastapi.responses import JSONResponse
from pydantic import BaseModel, Field

from saldo.hooks.warehouse import WarehouseHook
from saldo.runs.progress import Progress, progress_of
from saldo.warehouse.connection import WarehouseUnavailable, connect

from .agreements import agreement_of
from .answers import GUARDS, Problem
from .problems import responses
from .routers import reader_router

router = reader_router("/api/v1/agreements")


class Step(BaseModel):
    """One task that is under way."""

    entity: str = Field(description="What is landed, or the task.")
    runId: str
    tryNumber: int
    done: int | None = Field(description="How much is committed, in `unit`. null: not measured.")
    total: int | None = Field(description="How much there is; it may grow. null: nobody knows.")
    isEstimate: bool = Field(description="Whether total is about right only.")
    unit: str
    step: str | None = Field(description="What the task is at, where it has several steps.")
    ratePerSecond: float | None = Field(
        description="Over the last half minute. null: not measured."
    )
    secondsLeft: float | None = Field(description="From now. null: it cannot be said.")
    startedAt: datetime
    updatedAt: datetime
    isStale: bool = Field(description="No step for a minute, or dead.")
    isDead: bool = Field(
        description="Its process is gone; the next try goes on from what is committed, or begins anew: `words` says which."
    )
    words: str = Field(description="The same in a line.")


class UnderWay(BaseModel):
    agreement: str
    tasks: list[Step] = Field(description="Empty where nothing is under way.")


@router.get(
    "/{agreement_id}/progress",
    summary="What is under way",
    description="The agreement's tasks that run now: how far each has come, how fast, and how long it still takes. Asking every few "
    "seconds costs little.",
    response_model=UnderWay,
    responses=responses(404, 503),
)
def progress(agreement_id: str) -> JSONResponse:
    agreement = agreement_of(agreement_id)
    try:
        with connect(WarehouseHook().dsn()) as connection:
            found = progress_of(connection, agreement.id)
    except WarehouseUnavailable:
        raise Problem(
            503,
            "The warehouse does not answer",
            "Airflow's API server cannot reach Saldo's warehouse. Try again in a minute.",
            {"Retry-After": "30"},
        ) from None
    body = UnderWay(agreement=agreement.id, tasks=[step_of(one) for one in found])
    return JSONResponse(body.model_dump(mode="json"), headers=GUARDS)


def step_of(found: Progress) -> Step:
    """As REST tells it."""
    return Step(
        entity=found.entity,
        runId=found.run_id,
        tryNumber=found.try_number,
        done=found.done,
        total=found.total,
        isEstimate=found.is_estimate,
        unit=found.unit,
        step=found.step,
        ratePerSecond=found.rate_per_s,
        secondsLeft=found.seconds_left,
        startedAt=found.started_at,
        updatedAt=found.updated_at,
        isStale=found.is_stale,
        isDead=found.is_dead,
        words=found.words(),
    )
