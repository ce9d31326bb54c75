"""Who is asking, and what they may see: Airflow's own answer, whichever auth manager it uses.

The only module that knows Airflow's dependencies, which are no stable public API: where they are missing
or have changed, everybody is refused.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from types import ModuleType
from typing import Annotated, Any
from urllib.parse import quote, urlsplit

from fastapi import Depends, HTTPException, Request
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from .answers import Problem

_bearer = HTTPBearer(auto_error=False)
_ID = re.compile(r"[a-z][a-z0-9_]{0,39}")
#: Of Airflow's dependencies.
_USED = ("get_user", "requires_access_dag", "DagAccessEntity")


class NotSignedIn(Problem):
    """401: nobody is logged in. is_form: a person's browser sent one, who was logged in when it was shown."""

    def __init__(self, *, is_form: bool = False) -> None:
        super().__init__(
            401,
            "You are not logged in",
            "Your log-in has ended, and nothing was done. Log in to Airflow again, in another tab, then go back and send this once more."
            if is_form
            else "Log in to Airflow in this browser, or send a token of POST /auth/token as Authorization: Bearer.",
            {"WWW-Authenticate": "Bearer"},
        )


class NotAllowed(Problem):
    """403: somebody who is logged in tried what they may not do. dag_id: whose right they lack. is_written: into ops.audit; not where
    they only followed a link to what they may not see."""

    def __init__(
        self,
        title: str,
        detail: str,
        *,
        actor: str,
        dag_id: str | None = None,
        is_written: bool = True,
    ) -> None:
        super().__init__(403, title, detail)
        self.actor, self.dag_id, self.is_written = actor, dag_id, is_written


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
    _refuse_no_id(agreement_id)
    security = _security()
    check = security.requires_access_dag("GET", param_dag_id=f"saldo__{agreement_id}")
    return _allowed(check, request, user, agreement_id, "see", "read")


def actor(agreement_id: str, request: Request, user: User) -> Any:
    """The user, who may trigger the agreement's DAG in Airflow; the request is one that no other
    site can have made."""
    _refuse_no_id(agreement_id)
    security = _security()
    check = security.requires_access_dag(
        "POST", security.DagAccessEntity.RUN, f"saldo__{agreement_id}"
    )
    _allowed(check, request, user, agreement_id, "act on", "trigger")
    _refuse_other_sites(request, user)
    return user


def sender(request: Request, user: User) -> Any:
    """The user; the request is one that no other site can have made. Whose it is stands in its body: the route asks
    `refuse_strangers` as soon as it has read it."""
    _refuse_other_sites(request, user)
    return user


def may_see(request: Request, user: Any, dag_id: str) -> bool:
    """Whether the user may see a DAG, such as the one that exports what an organisation sends."""
    return _is_allowed(_security().requires_access_dag("GET", param_dag_id=dag_id), request, user)


def may_trigger(request: Request, user: Any, dag_id: str) -> bool:
    """Whether the user may trigger a DAG: a page offers what they may do, and the route that does it asks again."""
    security = _security()
    check = security.requires_access_dag("POST", security.DagAccessEntity.RUN, dag_id)
    return _is_allowed(check, request, user)


def refuse_to_trigger(request: Request, user: Any, dag_id: str, *, what: str) -> None:
    """Raises Problem 403 for whoever may not trigger the DAG. what: that they would."""
    if not may_trigger(request, user, dag_id):
        raise NotAllowed(
            f"You may not {what}",
            f"Your Airflow user {name_of(user)!r} has no right to trigger the DAG {dag_id}. Ask an administrator of Airflow for it.",
            actor=name_of(user),
            dag_id=dag_id,
        )


def visible_dags(user: Any, dag_ids: Iterable[str]) -> set[str]:
    """Those of the DAGs that the user may see, asked for all at once: a page lists hundreds."""
    manager = getattr(_security(), "get_auth_manager", None)
    if manager is None:
        raise _unknown()
    found = manager().filter_authorized_dag_ids(dag_ids=set(dag_ids), user=user)
    return set(found)


def refuse_strangers(
    request: Request, user: Any, dag_id: str, organisation: str, *, what: str = "send anything"
) -> None:
    """Raises Problem 403 for whoever may not trigger the DAG that exports what the organisation sends. what: that they would."""
    if not may_trigger(request, user, dag_id):
        raise NotAllowed(
            f"You may not {what} for this organisation",
            f"Your Airflow user {name_of(user)!r} has no right to trigger the DAG {dag_id}, which exports what is sent for "
            f"{organisation!r}. Ask an administrator of Airflow for it.",
            actor=name_of(user),
            dag_id=dag_id,
        )


def _is_allowed(check: Callable[[Request, Any], None], request: Request, user: Any) -> bool:
    try:
        check(request, user)
    except HTTPException:
        return False
    return True


def refuse_but_admins(user: Any, what: str) -> None:
    """Raises Problem 403 for whoever may not change Airflow's connections: who may, holds the keys to the store of files
    anyway. what: what an administrator may do."""
    manager = getattr(_security(), "get_auth_manager", None)
    if manager is None:
        raise _unknown()
    if not manager().is_authorized_connection(method="PUT", user=user):
        raise NotAllowed(
            "Only an administrator may do this",
            f"To {what}, ask somebody who may change Airflow's connections; {name_of(user)!r} may not.",
            actor=name_of(user),
        )


def is_own_will(request: Request) -> bool:
    """Whether no other site can have made the browser send this (CSRF): it has a token, which a
    browser never adds by itself, or the browser says that a page of this very server asked.

    https://developer.mozilla.org/docs/Web/HTTP/Headers/Sec-Fetch-Site; Origin where a browser or a
    plain http address lacks it.
    """
    if request.headers.get("authorization", "").lower().startswith("bearer "):
        return True
    site = request.headers.get("sec-fetch-site")
    if site is not None:
        return site == "same-origin"
    origin = request.headers.get("origin", "")
    return bool(origin) and urlsplit(origin).netloc == request.headers.get("host")


def is_agreement_id(text: str) -> bool:
    """Whether an agreement may be called so."""
    return _ID.fullmatch(text) is not None


def _refuse_other_sites(request: Request, user: Any) -> None:
    """Raises NotAllowed: whoever sent it, with the user's cookie, is not to go unseen."""
    if not is_own_will(request):
        raise NotAllowed(
            "This came from another site",
            "What changes something is taken from Saldo's own pages, or with a token of POST /auth/token as "
            "Authorization: Bearer.",
            actor=name_of(user),
        )


def _refuse_no_id(agreement_id: str) -> None:
    """Raises Problem 404 for what is no agreement's id, and may be nothing that a database takes."""
    if not is_agreement_id(agreement_id):
        raise Problem(404, "No such agreement", "This is no id of an agreement in Saldo.")


def _allowed(
    check: Callable[[Request, Any], None],
    request: Request,
    user: Any,
    agreement_id: str,
    what: str,
    right: str,
) -> Any:
    if not _is_allowed(check, request, user):
        raise NotAllowed(
            f"You may not {what} this agreement",
            f"Your Airflow user {name_of(user)!r} has no right to {right} the DAG saldo__{agreement_id}. Ask "
            "an administrator of Airflow for it.",
            actor=name_of(user),
            dag_id=f"saldo__{agreement_id}",
            is_written=what != "see",
        )
    return user


#: A user who may see the agreement named in the path as {agreement_id}.
Reader = Annotated[Any, Depends(reader)]
#: One who may act on it.
Actor = Annotated[Any, Depends(actor)]
#: One of whom the route itself asks what they may do.
Sender = Annotated[Any, Depends(sender)]


def name_of(user: Any) -> str:
    """The user's name, as the auth manager has it."""
    return str(user.get_name())


def login_url(request: Request) -> str:
    """Airflow's login, which leads back to what was asked for."""
    root = airflow_path("")
    path = request.url.path.removeprefix(root)
    back = f"{root}{path}" + (f"?{request.url.query}" if request.url.query else "")
    return f"{root}/api/v2/auth/login?next={quote(back, safe='')}"


def airflow_path(path: str) -> str:
    """A path of Airflow's own UI on this server, wherever it is mounted."""
    return f"{str(_app().API_ROOT_PATH).rstrip('/')}{path}"


def _security() -> ModuleType:
    """Airflow's dependencies."""
    try:
        from airflow.api_fastapi.core_api import security
    except ImportError:
        raise _unknown() from None
    if not all(hasattr(security, name) for name in _USED):
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
