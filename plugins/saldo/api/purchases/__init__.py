"""Purchase documents of an agreement: brought up to date, exported to files, and the files themselves."""

from . import exports, files, sync

#: Of all routes of this package.
routers = (*sync.routers, *exports.routers, *files.routers)
