"""The DAG that keeps the warehouse and Airflow itself small and well, for Airflow to find."""

from saldo.airflow.maintenance_builder import build_maintenance_dag

dag = build_maintenance_dag()
