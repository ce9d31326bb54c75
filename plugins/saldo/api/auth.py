"""Who is asking, and what they may see: Airflow's own answer, whichever auth manager it uses.

The only module that knows Airflow's dependencies, which are no stable public API: where they are missing
or have changed, everybody is refused.
"""

from __future__ import annotations

from types import ModuleType
from typing import Annotated, Any
from urllib.parse import quote

from fastapi import Depends, HTTPException, Request
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from .answers import Problem

_bearer = HTTPBearer(auto_error=False)


class NotSignedIn(Problem):
    def __init__(self) -> None:
        super().__init__(
            401,
            "You are not logged in",
            "Log in to Airflow in this browser, or send a token of POST /auth/token as "
            "Authorization: Bearer.",
            {"WWW-Authenticate": "Bearer"},
        )


async def signed_in(
    request: Request,
    credentials: Annotated[HTTPAuthorizationCredentials | None, Depends(_bearer)],
) -> Any:
    """The user, by token or by the cookie of Airflow's UI."""
    security = _security()
    try:
        return await security.get_user(request, None, credentials)
    except HTTPException:  # no token, or one that is expired, revoked or none of ours
        raise NotSignedIn from None


User = Annotated[Any, Depends(signed_in)]


def reader(agreement_id: str, request: Request, user: User) -> Any:
    """The user, who may see the agreement's DAG in Airflow."""
    check = _security().requires_access_dag("GET", param_dag_id=f"saldo__{agreement_id}")
    try:
        check(request, user)
    except HTTPException:
        raise Problem(
            403,
            "You may not see this agreement",
            f"Your Airflow user {name_of(user)!r} has no right to read the DAG saldo__{agreement_id}. Ask "
            "an administrator of Airflow for it.",
        ) from None
    return user


#: A user who may see the agreement named in the path as {agreement_id}.
Reader = Annotated[Any, Depends(reader)]


def name_of(user: Any) -> str:
    return str(user.get_name())


def login_url(request: Request) -> str:
    """Airflow's login, which leads back to what was asked for."""
    root = str(_app().API_ROOT_PATH).rstrip("/")
    path = request.url.path.removeprefix(root)
    back = f"{root}{path}" + (f"?{request.url.query}" if request.url.query else "")
    return f"{root}/api/v2/auth/login?next={quote(back, safe='')}"


def _security() -> ModuleType:
    """Airflow's dependencies."""
    try:
        from airflow.api_fastapi.core_api import security
    except ImportError:
        raise _unknown() from None
    if not (hasattr(security, "get_user") and hasattr(security, "requires_access_dag")):
        raise _unknown()
    return security


def _app() -> ModuleType:
    from airflow.api_fastapi import app

    return app


def _unknown() -> Problem:
    return Problem(
        503,
        "Nobody can be let in",
        "This version of Airflow checks users in a way Saldo does not know; see saldo/api/auth.py.",
    )
