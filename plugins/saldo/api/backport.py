"""A bug of Airflow 3.3.2, fixed here as Airflow has fixed it since: the Test button of every
connection without a port fails. https://github.com/apache/airflow/pull/73298

The button sends port 0 where none is stored, and the route takes that for another destination. To
be deleted with the first Airflow that has the fix.
"""

from __future__ import annotations

from typing import Any


def mend_test_button() -> None:
    """Replace the route's comparison; does nothing where Airflow has the fix."""
    from airflow.api_fastapi.core_api.routes.public import connections

    is_same = getattr(connections, "_same_endpoint", None)
    if is_same is None or is_same(0, None):
        return

    def is_same_endpoint(requested: Any, stored: Any) -> bool:
        return bool(is_same(requested or None, stored or None))

    connections._same_endpoint = is_same_endpoint
