"""The kinds of routers: who may call the routes of each. Every route is of exactly one.

Airflow's mount brings no log-in of its own. A route of a plain APIRouter would be open to everybody; a test
looks at every route.
"""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Depends

from .auth import actor, reader, sender, signed_in
from .problems import responses
from .scraper import scraper


def public_router(prefix: str = "") -> APIRouter:
    """Open to everybody: its routes reveal nothing about any company and cost nothing."""
    return APIRouter(prefix=prefix)


def secret_router(prefix: str = "") -> APIRouter:
    """For vendors that call: its routes end in a secret that the agreement's connection has, and answer 404 to whoever does
    not know it."""
    return APIRouter(prefix=prefix)


def member_router(prefix: str = "") -> APIRouter:
    """For whoever is logged in to Airflow."""
    return _router(prefix, signed_in, 401)


def reader_router(prefix: str = "") -> APIRouter:
    """For whoever may see the DAG of the agreement that the path names as {agreement_id}."""
    return _router(prefix, reader, 401, 403)


def actor_router(prefix: str = "") -> APIRouter:
    """For whoever may trigger the DAG of the agreement that the path names as {agreement_id}. Its routes
    write what they do to ops.audit, in the transaction that does it."""
    return _router(prefix, actor, 401, 403)


def sender_router(prefix: str = "") -> APIRouter:
    """For whoever may trigger the DAG of the organisation that the body names: its routes ask `auth.refuse_strangers`, and write
    what they do to ops.audit, in the transaction that does it."""
    return _router(prefix, sender, 401, 403)


def viewer_router(prefix: str = "") -> APIRouter:
    """For whoever may see the DAG of the organisation that what is asked for belongs to: its routes ask `auth.may_see`, and say
    of what a user may not see that it is not there."""
    return _router(prefix, signed_in, 401)


def signed_router(prefix: str = "") -> APIRouter:
    """For accounting systems that call: its routes are signed with a secret that the organisation's connection has, and answer 404
    to whatever is not."""
    return APIRouter(prefix=prefix)


def scraper_router(prefix: str = "") -> APIRouter:
    """For what collects metrics: it has a token of its own, which is no user's."""
    return _router(prefix, scraper, 401)


def _router(prefix: str, allows: Any, *statuses: int) -> APIRouter:
    return APIRouter(prefix=prefix, dependencies=[Depends(allows)], responses=responses(*statuses))
