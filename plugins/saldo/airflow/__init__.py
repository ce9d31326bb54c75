"""What Airflow loads of us: the builders of the DAGs, connection types, preloading."""
