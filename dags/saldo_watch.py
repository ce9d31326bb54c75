"""The DAG that watches over all others, for Airflow to find."""

from saldo.airflow.watch_builder import build_watch_dag

dag = build_watch_dag()
