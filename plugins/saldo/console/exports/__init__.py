"""Exports of claims to accounting systems: what waits for a person, why, and what is done about it."""

from . import acting, chosen, page, receipts

#: Of all routes of this room.
routers = (page.router, receipts.router, acting.router, chosen.router)
