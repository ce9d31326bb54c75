"""Buttons of a task in Airflow's UI."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from airflow.sdk import BaseOperatorLink

if TYPE_CHECKING:
    from airflow.sdk.types import TaskInstanceKey


class DataDocsLink(BaseOperatorLink):
    """The pages of what a validation found. Airflow asks when the task ends, well or not, in the task's
    own process: the operator has then kept the address."""

    name = "Data docs"

    def get_link(self, operator: Any, *, ti_key: TaskInstanceKey) -> str:
        return getattr(operator, "data_docs_address", None) or ""
