"""Exports of expenses to accounting systems: asked for, watched, decided about, and reported on."""

from . import asking, deciding, details, listing, reporting

#: Of all routes of this package.
routers = (listing.router, asking.router, details.router, deciding.router, reporting.router)
