"""Who may call which route, and what the OpenAPI document says; without a server, with an auth manager of
the test's own. tests/api/test_routes.py asks Airflow's."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest
from fastapi import FastAPI, HTTPException, Request
from fastapi.openapi.models import OpenAPI
from fastapi.routing import APIRoute
from fastapi.testclient import TestClient
from jsonschema import Draft202012Validator

from saldo.api import auth
from saldo.api.answers import ProblemBody
from saldo.api.app import create_app
from saldo.api.openapi import document
from saldo.api.routers import actor_router
from saldo.console.shell.browsers import BrowserRoute

#: What is open to everybody, and why it may be is told in its module.
PUBLIC = {"/health"}
#: What vendors call: there is nothing for whoever does not know the secret in the address.
SECRET = {"/api/v1/webhooks/moneybird/{agreement_id}/{secret}"}
#: What accounting systems call: there is nothing for whatever is not signed.
SIGNED = {("PUT", "/api/v1/accounting-exports/{export_id}")}
#: User -> what they may do with which DAG.
MAY = {
    "vera": {("GET", None, "saldo__nordlys")},
    "ada": {("GET", None, "saldo__nordlys"), ("POST", "RUN", "saldo__nordlys")},
}


async def _get_user(request: Request, _: Any, credentials: Any) -> Any:
    name = credentials.credentials if credentials else request.cookies.get("_token")
    if name not in MAY:
        raise HTTPException(401)
    return SimpleNamespace(get_name=lambda: name)


def _requires_access_dag(method: str, access_entity: Any = None, param_dag_id: str = "") -> Any:
    def check(request: Request, user: Any) -> None:
        if (method, access_entity, param_dag_id) not in MAY[user.get_name()]:
            raise HTTPException(403)

    return check


@pytest.fixture
def app(monkeypatch: pytest.MonkeyPatch) -> FastAPI:
    """The product's own, with a route that acts beside its routes."""
    security = SimpleNamespace(
        get_user=_get_user,
        requires_access_dag=_requires_access_dag,
        DagAccessEntity=SimpleNamespace(RUN="RUN"),
    )
    monkeypatch.setattr(auth, "_security", lambda: security)
    router = actor_router("/api/v1/acts")

    @router.post("/{agreement_id}", summary="Act")
    def act(agreement_id: str, times: int = 1) -> dict[str, int]:
        return {"times": times}

    found = create_app()
    found.include_router(router)
    return found


@pytest.fixture
def client(app: FastAPI) -> Iterator[TestClient]:
    with TestClient(app, base_url="https://airflow.example.com", root_path="/saldo") as found:
        yield found


def routes(app: FastAPI) -> list[APIRoute]:
    return [route for route in app.routes if isinstance(route, APIRoute)]


def address(route: APIRoute) -> str:
    """One that leads to the route."""
    path = re.sub(r"\{\w+:uuid\}", "2f6c3a4e-6c0b-4c0e-9d57-0b6c1c1a7f10", route.path)
    return re.sub(r"[{}]", "", re.sub(r"\{\w+:int\}", "1", path))


def bearer(name: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {name}"}


# --- who -----------------------------------------------------------------------------------------


def test_what_is_not_public_asks_for_a_log_in(app: FastAPI, client: TestClient) -> None:
    assert {route.path for route in routes(app)} >= PUBLIC
    for route in routes(app):
        path = address(route)
        for method in route.methods:
            answer = client.request(method, path, headers={"Sec-Fetch-Site": "same-origin"})
            if route.path in PUBLIC:
                assert answer.status_code == 200, path
            elif route.path in SECRET or (method, route.path_format) in SIGNED:
                assert answer.status_code == 404, path
            elif isinstance(route, BrowserRoute):  # to programs it may be another route, or none
                asked = {"Accept": "text/html"}
                answer = client.request(method, path, headers=asked, follow_redirects=False)
                assert answer.status_code == 302, path
                assert "/auth/login" in answer.headers["location"]
            else:
                assert answer.status_code == 401, path
                assert answer.headers["Content-Type"] == "application/problem+json"


def test_the_public_route_tells_nothing(client: TestClient) -> None:
    answer = client.get("/health")
    assert answer.json() == {"status": "ok"}
    assert answer.headers["Cache-Control"] == "private, no-store"


@pytest.mark.parametrize(
    ("user", "agreement", "status"),
    [("ada", "nordlys", 200), ("vera", "nordlys", 403), ("ada", "other", 403), ("eve", "nordlys", 401)],
)  # fmt: skip
def test_only_who_may_trigger_the_dag_acts(
    client: TestClient, user: str, agreement: str, status: int
) -> None:
    answer = client.post(f"/api/v1/acts/{agreement}", headers=bearer(user))
    assert answer.status_code == status
    if status == 403:
        assert answer.json()["title"] == "You may not act on this agreement"
        assert f"no right to trigger the DAG saldo__{agreement}" in answer.json()["detail"]


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Sec-Fetch-Site": "same-origin"}, 200),
        ({"Sec-Fetch-Site": "same-origin", "Origin": "null"}, 200),
        ({"Sec-Fetch-Site": "same-site"}, 403),
        ({"Sec-Fetch-Site": "cross-site"}, 403),
        ({"Sec-Fetch-Site": "none"}, 403),
        ({"Sec-Fetch-Site": "cross-site", "Origin": "https://airflow.example.com"}, 403),
        ({"Origin": "https://airflow.example.com"}, 200),
        ({"Origin": "https://airflow.example.com.evil.example"}, 403),
        ({"Origin": "https://evil.example"}, 403),
        ({"Origin": "null"}, 403),
        ({}, 403),
        ({"Authorization": "Basic YTph"}, 403),
    ],
)
def test_a_cookie_acts_from_our_own_pages_only(
    client: TestClient, headers: dict[str, str], status: int
) -> None:
    client.cookies["_token"] = "ada"
    answer = client.post("/api/v1/acts/nordlys", headers=headers)
    assert answer.status_code == status, answer.text
    if status == 403:
        assert answer.json()["title"] == "This came from another site"


def test_airflow_has_what_is_asked_of_it() -> None:
    """An actor's right is the one Airflow's own route for starting a run asks for."""
    from airflow.api_fastapi.auth.managers.base_auth_manager import BaseAuthManager
    from airflow.api_fastapi.auth.managers.models.resource_details import DagAccessEntity

    security = auth._security()
    assert security.DagAccessEntity.RUN is DagAccessEntity.RUN
    parameters = list(inspect.signature(security.requires_access_dag).parameters)
    assert parameters == ["method", "access_entity", "param_dag_id"]
    assert callable(security.get_auth_manager)
    asked = inspect.signature(BaseAuthManager.is_authorized_connection).parameters
    assert {"method", "user"} <= set(asked)


def test_airflow_starts_runs_as_it_is_asked_to() -> None:
    """saldo/api/runs.py uses what is no stable public API."""
    from airflow.api.common.trigger_dag import trigger_dag
    from airflow.models import DagModel, DagRun

    taken = inspect.signature(trigger_dag).parameters
    assert {"triggered_by", "triggering_user_name", "conf", "run_after", "session"} <= set(taken)
    assert all(hasattr(DagModel, name) for name in ("is_paused", "is_stale"))
    assert all(hasattr(DagRun, name) for name in ("state", "queued_at", "run_after", "conf"))


def test_an_airflow_that_has_changed_lets_nobody_in(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(auth, "_USED", ("get_user", "what_airflow_has_not"))
    with TestClient(create_app()) as client:
        answer = client.get("/api/v1/openapi.json", headers=bearer("vera"))
    assert answer.status_code == 503
    assert answer.json()["title"] == "Nobody can be let in"


def test_a_request_that_cannot_be_read_is_a_problem_too(client: TestClient) -> None:
    answer = client.post("/api/v1/acts/nordlys?times=often", headers=bearer("ada"))
    assert answer.status_code == 422
    assert answer.headers["Content-Type"] == "application/problem+json"
    problem = ProblemBody(**answer.json())
    assert (problem.title, problem.status) == ("The request cannot be read", 422)
    assert problem.detail.startswith("query.times: ")


# --- the OpenAPI document ------------------------------------------------------------------------


def test_the_document_is_for_whoever_is_logged_in(client: TestClient) -> None:
    assert client.get("/api/v1/openapi.json").status_code == 401
    answer = client.get("/api/v1/openapi.json", headers=bearer("vera"))
    assert answer.status_code == 200
    assert answer.headers["Content-Type"] == "application/json"
    assert answer.json()["servers"] == [{"url": "/saldo"}]


def test_the_document_is_openapi_and_tells_every_route(app: FastAPI) -> None:
    found = document(app)
    OpenAPI.model_validate(found)
    for schema in found["components"]["schemas"].values():
        Draft202012Validator.check_schema(schema)
    known = set(found["components"]["schemas"])
    refs = set(re.findall(r"'#/components/schemas/(\w+)'", str(found)))
    assert "Problem" in refs
    assert refs <= known
    assert set(found["paths"]) == {
        route.path_format for route in routes(app) if route.include_in_schema
    }
    names = []
    for path, operations in found["paths"].items():
        for method, operation in operations.items():
            names.append(operation["operationId"])
            assert operation["summary"], path
            problems = set(operation["responses"]) - {"200", "201", "202"}
            if path in PUBLIC | SECRET or (method.upper(), path) in SIGNED:
                assert (problems == set()) == (path in PUBLIC)
                assert "security" not in operation
            else:
                assert {"401", "default"} <= problems, path
                assert operation["security"] == [{"HTTPBearer": []}]
            for status in problems:
                assert list(operation["responses"][status]["content"]) == [
                    "application/problem+json"
                ]
    assert len(names) == len(set(names))


def test_examples_are_what_they_are_examples_of(app: FastAPI) -> None:
    found = document(app)
    schemas = found["components"]["schemas"]
    given = {name: schema["examples"] for name, schema in schemas.items() if "examples" in schema}
    assert {"AskBody", "BatchBody", "RetryBody", "LinesBody", "BookedBody", "EventBody"} <= set(
        given
    )
    for name, examples in given.items():
        whole = {"$ref": f"#/components/schemas/{name}", "components": {"schemas": schemas}}
        for example in examples:
            Draft202012Validator(whole).validate(example)


def test_no_two_schemas_have_one_name(app: FastAPI) -> None:
    found = document(app)["components"]["schemas"]
    assert [name for name in found if "__" in name] == []
    # What routes read themselves is beside what FastAPI knows, and takes nothing of its place.
    for name, schema in app.openapi()["components"]["schemas"].items():
        assert found[name] == schema
