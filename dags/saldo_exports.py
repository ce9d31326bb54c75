"""The DAGs of exports, for Airflow to find."""

from saldo.airflow.exports_builder import build_export_dags

for dag in build_export_dags():
    globals()[dag.dag_id] = dag
