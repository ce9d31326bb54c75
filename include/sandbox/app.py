"""The ASGI application: the vendors' APIs, and what moves them under /sandbox.

Run alone:  uvicorn --app-dir include sandbox.app:app --port 8900

GET    /sandbox                          companies, their day, calls so far
PUT    /sandbox/companies/<id>           make or replace a company (JSON: the fields of Company)
POST   /sandbox/companies/<id>/next-day  one working day on (?days=n)
GET    /sandbox/companies/<id>/truth     counts and totals the facts must show
GET    /sandbox/companies/<id>/truth/entries   the same per ledger entry, as CSV
GET    /sandbox/companies/<id>/truth/balances  per account, department and month, as CSV
GET    /sandbox/companies/<id>/truth/drafts    the unbooked lines, as CSV
GET    /sandbox/companies/<id>/truth/invoice-lines   booked and draft invoices per line, as CSV
GET    /sandbox/companies/<id>/truth/order-lines     orders and quotes per line, as CSV
GET    /sandbox/companies/<id>/truth/documents       of vouchers and invoices, as CSV
GET    /sandbox/companies/<id>/truth/xledger         what Xledger's rows must come to, as JSON
GET    /sandbox/companies/<id>/truth/xledger-<rows>  transactions, receivables, payables, timesheets, as CSV
GET    /sandbox/companies/<id>/truth/xledger-imports   what is staged in Xledger, and booked of it, as JSON
POST   /sandbox/companies/<id>/xledger   somebody at work there (vendors/xledger/import_editing.py)
GET    /sandbox/companies/<id>/truth/library         the files of its library in SharePoint, as JSON
GET    /sandbox/companies/<id>/truth/budgets         what its budgets and its group chart must come to, as JSON
GET    /sandbox/companies/<id>/truth/moneybird       what Moneybird's records must come to, as JSON
GET    /sandbox/companies/<id>/truth/moneybird-<rows>   documents, lines, payments, postings, as CSV
POST   /sandbox/companies/<id>/moneybird   edit its documents, use up its limit (vendors/moneybird/editing.py); GET: what is used
GET    /sandbox/companies/<id>/truth/business-central   what was posted in Business Central, drafts, files, as JSON
POST   /sandbox/companies/<id>/business_central   somebody at work there (vendors/business_central/editing.py)
POST   /sandbox/companies/<id>/library   edit that library (vendors/graph/editing.py)
GET    /sandbox/credentials              which token opens what at which vendor
PUT    /sandbox/credentials/<vendor>/<token>   make or change one (JSON: the fields of Credential)
GET    /sandbox/rates                    the banks' day; PUT sets it ({"today": "2026-03-31"}, null: that of the companies)
GET    /sandbox/rates/<bank>/truth       average and closing rate per currency and month, as JSON (?since=2026-01-01)
POST   /sandbox/faults                   add a fault (JSON: the fields of Fault); GET lists, DELETE clears all
GET    /sandbox/mails                    what the mail sink has kept, as a page
GET    /sandbox/health
"""

from __future__ import annotations

import os
from pathlib import Path

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.types import ASGIApp

from . import control, mails
from .books.company import COMPANIES, DUTCH, NORWEGIAN
from .faults.connections import QuietDrops
from .front import controls, give_credentials, routes
from .posted import Keeping, Posted
from .state import State
from .vendor import Vendor
from .vendors.business_central.vendor import BUSINESS_CENTRAL
from .vendors.ecb.vendor import ECB
from .vendors.economic.vendor import ECONOMIC
from .vendors.entra.vendor import ENTRA
from .vendors.graph.vendor import GRAPH
from .vendors.moneybird.vendor import MONEYBIRD
from .vendors.nationalbanken.vendor import NATIONALBANKEN
from .vendors.norges_bank.vendor import NORGES_BANK
from .vendors.riksbank.vendor import RIKSBANK
from .vendors.xledger.vendor import XLEDGER

#: Every vendor that is played. (Key Vault has hosts of its own: azure.py.)
VENDORS = (
    ECONOMIC, XLEDGER, MONEYBIRD, BUSINESS_CENTRAL, ENTRA, GRAPH, ECB, NATIONALBANKEN, NORGES_BANK, RIKSBANK,
)  # fmt: skip


async def _unknown(request: Request, error: Exception) -> Response:
    return JSONResponse({"error": f"no such company or truth: {error}"}, 404)


async def _bad_call(request: Request, error: Exception) -> Response:
    return JSONResponse({"error": str(error)}, 400)


def create_app(
    state: State, vendors: tuple[Vendor, ...] = VENDORS, posted: Path | None = None
) -> ASGIApp:
    """posted: the file of what is posted into the vendors, where it is to outlive the process."""
    played = [route for vendor in vendors for route in (*routes(vendor), *controls(vendor))]
    app = Starlette(
        routes=[*played, *control.ROUTES, *mails.ROUTES],
        exception_handlers={KeyError: _unknown, ValueError: _bad_call, TypeError: _bad_call},
    )
    app.state.sandbox = state
    app.state.vendors = vendors
    give_credentials(state, vendors)
    if posted is None:
        return QuietDrops(app)
    kept = Posted(posted, state, [vendor.name for vendor in vendors if vendor.is_posted_into])
    kept.load()
    return QuietDrops(Keeping(app, kept))


_told = os.environ.get("SALDO_SANDBOX_STATE")
_path = Path(_told) if _told else None
app = create_app(
    State(_path, (*COMPANIES, *NORWEGIAN, *DUTCH)),
    posted=_path.with_suffix(".posted") if _path else None,
)
