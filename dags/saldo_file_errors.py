"""Builds no DAG: shows every broken file configuration as one import error in Airflow's UI."""

from saldo.airflow.files_builder import raise_for_broken

raise_for_broken()
