"""From an Airflow connection to a client: one hook per vendor, and the warehouse's."""
