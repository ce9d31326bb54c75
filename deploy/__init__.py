"""What runs inside the containers of docker-compose.yaml before and beside Airflow."""
