"""The Power BI service and its log-in, as far as a refresh needs them: https, on a socket of this machine.

Written from learn.microsoft.com/rest/api/power-bi/datasets (refresh-dataset-in-group, get-refresh-history-in-group).
Run by uvicorn; /play says what it is to do, and tells what it was asked.
"""

from __future__ import annotations

import json
from typing import Any
from uuid import uuid4

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

TENANT, CLIENT, SECRET, TOKEN = "firma.example", "app-powerbi", "secret-powerbi", "token-powerbi"
WORKSPACE = "11111111-2222-3333-4444-555555555555"
#: What /play sets: how a refresh ends, after how many looks, what the service refuses, what is said to every request for a token, and
#: what was asked.
_BEGINNING: dict[str, Any] = {"ends": "Completed", "looks": 1, "refuses": 0, "a_day": 8, "no_token": ""}  # fmt: skip
state: dict[str, Any] = {}


def reset() -> None:
    state.clear()
    state.update(_BEGINNING, asked=[], history={})


async def play(request: Request) -> Response:
    if request.method == "PUT":
        reset()
        state.update(await request.json())
    return JSONResponse({"asked": state["asked"], "history": state["history"]})


async def discovery(request: Request) -> Response:
    base = str(request.url).partition("/v2.0/")[0]
    found = {"token_endpoint": f"{base}/oauth2/v2.0/token", "authorization_endpoint": f"{base}/oauth2/v2.0/authorize", "issuer": f"{base}/v2.0"}  # fmt: skip
    return JSONResponse(found)


async def token(request: Request) -> Response:
    form = await request.form()
    scope = "https://analysis.windows.net/powerbi/api/.default"
    if (form.get("client_id"), form.get("client_secret")) != (CLIENT, SECRET) or scope not in str(form.get("scope")):  # fmt: skip
        refused = {"error": "invalid_client", "error_description": "AADSTS7000215: Invalid client secret provided."}  # fmt: skip
        return JSONResponse(refused, 401)
    if state["no_token"]:
        return JSONResponse({"error": "temporarily_unavailable", "error_description": state["no_token"]}, 503)  # fmt: skip
    return JSONResponse({"token_type": "Bearer", "expires_in": 3599, "access_token": TOKEN})


async def refreshes(request: Request) -> Response:
    if request.headers.get("authorization") != f"Bearer {TOKEN}":
        return JSONResponse({"error": {"code": "TokenExpired"}}, 403)
    workspace, dataset = request.path_params["workspace"], request.path_params["dataset"]
    if workspace != WORKSPACE:
        return JSONResponse({"error": {"code": "PowerBIEntityNotFound"}}, 404)
    history = state["history"].setdefault(dataset, [])
    if request.method == "POST":
        return _begin(dataset, history, (await request.body()).decode())
    for one in history:
        one["looks"] += 1
        if one["status"] == "Unknown" and one["looks"] > state["looks"]:
            one["status"] = state["ends"]
            if one["status"] == "Failed":
                one["serviceExceptionJson"] = json.dumps({"errorCode": "ModelRefreshFailed_CredentialsNotSpecified"})  # fmt: skip
    return JSONResponse({"value": list(reversed(history))})


def _begin(dataset: str, history: list[dict[str, Any]], body: str) -> Response:
    state["asked"].append({"dataset": dataset, "body": body})
    if state["refuses"]:
        return JSONResponse({"error": {"code": "InvalidRequest"}}, state["refuses"])
    if body.strip():
        # Without a capacity of its own a workspace takes no enhanced refresh.
        return JSONResponse({"error": {"code": "NotSupported"}}, 400)
    if len(history) >= state["a_day"]:
        return JSONResponse({"error": {"code": "RefreshLimitReached"}}, 429, {"Retry-After": "1"})
    if any(one["status"] == "Unknown" for one in history):
        return JSONResponse({"error": {"code": "RefreshInProgress"}}, 400)
    id = str(uuid4())
    history.append({"requestId": id, "id": len(history), "refreshType": "ViaApi", "status": "Unknown", "looks": 0})  # fmt: skip
    return Response(status_code=202, headers={"RequestId": id, "x-ms-request-id": id})


reset()
app = Starlette(
    routes=[
        Route("/play", play, methods=["GET", "PUT"]),
        Route("/login/{tenant}/v2.0/.well-known/openid-configuration", discovery),
        Route("/login/{tenant}/oauth2/v2.0/token", token, methods=["POST"]),
        Route(
            "/v1.0/myorg/groups/{workspace}/datasets/{dataset}/refreshes",
            refreshes,
            methods=["GET", "POST"],
        ),
    ]
)
