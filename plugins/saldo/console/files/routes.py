"""All routes of the room."""

from . import looking, page, templates_of

routers = (page.router, looking.router, templates_of.router)
