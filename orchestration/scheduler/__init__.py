"""Starts Airflow in its own environment (`make airflow`) and stops it whole; Airflow itself is never imported here."""
