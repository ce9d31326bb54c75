"""What owners of files hear of them."""

from __future__ import annotations

from datetime import datetime

from saldo.warehouse.connection import Connection

from .configuration import FileConfiguration
from .intake import Listener


class Feedback(Listener):
    """Mails to the owners of one configuration's files."""

    def __init__(
        self, connection: Connection, configuration: FileConfiguration, *, now: datetime
    ) -> None:
        self._connection, self._configuration, self._now = connection, configuration, now
