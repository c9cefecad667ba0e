"""`make airflow` and `make airflow-stop`: python -m orchestration.scheduler start|stop."""

from __future__ import annotations

import typer

from lakehouse.settings import load_settings
from orchestration.scheduler import run_airflow
from orchestration.terminal import errors_told, tell

app = typer.Typer(help="Airflow with the house's DAGs.", no_args_is_help=True, pretty_exceptions_enable=False)


@app.command()
def start() -> None:
    """Start servers and Airflow, and keep them running until Ctrl-C; the servers stay up."""
    with errors_told():
        run_airflow.start(load_settings(), tell)


@app.command()
def stop() -> None:
    """Stop Airflow with all that it started; nothing to stop is no error."""
    with errors_told():
        run_airflow.stop(load_settings(), tell)


if __name__ == "__main__":
    app()
