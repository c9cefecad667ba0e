"""What the DAG files share. Runs in Airflow's own environment: it may import Airflow, orchestration.plan and settings."""
