"""The DAG of files of people, for Airflow to find."""

from saldo.airflow.files_builder import build_files_dag

dag = build_files_dag()
