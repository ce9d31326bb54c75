"""Builds no DAG: shows every broken agreement file as one import error in Airflow's UI."""

from saldo.airflow.dag_builder import raise_for_broken

raise_for_broken()
