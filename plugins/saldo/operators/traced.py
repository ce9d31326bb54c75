"""Operators that tell a collector of OpenLineage events what they read and write.

Airflow's OpenLineage provider calls their methods, where it is switched on; nothing of it is imported elsewhere.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from airflow.sdk import BaseOperator

from saldo.errors import SaldoError

if TYPE_CHECKING:
    from airflow.providers.openlineage.extractors import OperatorLineage

    from saldo.openlineage.datasets import Dataset, Flow, Warehouse


class TracedOperator(BaseOperator):
    """Base of operators with lineage: they say `flow`."""

    def flow(self, warehouse: Warehouse) -> Flow:
        """What this try reads and writes, with the rows counted so far. Called before `execute`, and after it,
        whether it failed or not."""
        raise NotImplementedError

    def get_openlineage_facets_on_start(self) -> OperatorLineage:
        """See OperatorLineage; without the columns of tables, which may be made by the task."""
        return lineage_of(self.flow(_warehouse()[0]))

    def get_openlineage_facets_on_complete(self, task_instance: Any) -> OperatorLineage:
        """See OperatorLineage."""
        warehouse, dsn = _warehouse()
        return lineage_of(_described(self.flow(warehouse), warehouse, dsn))

    def get_openlineage_facets_on_failure(self, task_instance: Any) -> OperatorLineage:
        """See OperatorLineage: what was done before it failed."""
        return self.get_openlineage_facets_on_complete(task_instance)


def lineage_of(flow: Flow) -> OperatorLineage:
    """What Airflow's provider makes an event of."""
    from airflow.providers.openlineage.extractors import OperatorLineage
    from openlineage.client import event_v2, facet_v2

    def facets(dataset: Dataset) -> dict[str, Any]:
        named = facet_v2.schema_dataset.SchemaDatasetFacetFields
        fields = [named(f.name, f.type, f.description or None) for f in dataset.fields]
        return (
            {"schema": facet_v2.schema_dataset.SchemaDatasetFacet(fields=fields)} if fields else {}
        )

    def read(dataset: Dataset) -> event_v2.InputDataset:
        kind = facet_v2.input_statistics_input_dataset.InputStatisticsInputDatasetFacet
        counted: dict[str, Any] = (
            {} if dataset.rows is None else {"inputStatistics": kind(rowCount=dataset.rows)}
        )
        return event_v2.InputDataset(
            dataset.namespace, dataset.name, facets=facets(dataset), inputFacets=counted
        )

    def written(dataset: Dataset) -> event_v2.OutputDataset:
        kind = facet_v2.output_statistics_output_dataset.OutputStatisticsOutputDatasetFacet
        counted: dict[str, Any] = (
            {} if dataset.rows is None else {"outputStatistics": kind(rowCount=dataset.rows)}
        )
        return event_v2.OutputDataset(
            dataset.namespace, dataset.name, facets=facets(dataset), outputFacets=counted
        )

    return OperatorLineage(
        inputs=[read(each) for each in flow.inputs],
        outputs=[written(each) for each in flow.outputs],
    )


def _warehouse() -> tuple[Warehouse, str]:
    from saldo.hooks.warehouse import WarehouseHook
    from saldo.openlineage.datasets import Warehouse

    dsn = WarehouseHook().dsn()
    return Warehouse.of(dsn), dsn


def _described(flow: Flow, warehouse: Warehouse, dsn: str) -> Flow:
    """With columns, unless the warehouse is why the task failed."""
    from saldo.warehouse.catalogue import present
    from saldo.warehouse.connection import connect

    try:
        with connect(dsn) as connection:
            return warehouse.described(flow, present(connection, warehouse.written(flow)))
    except SaldoError:
        return flow
