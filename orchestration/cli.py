"""The command `retail`: declares the verbs and their options; what they do stands in the modules they call.

Those modules are imported inside the verbs: Kafka, S3 and Arrow libraries take over a second to load, and
`retail --help` needs none of them.
"""
# ruff: noqa: PLC0415 - see above

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Annotated, Literal

import typer

from orchestration import recovery_cli, warehouse_cli
from orchestration.quarantine_cli import app as quarantine_app
from orchestration.terminal import errors_told, print_json, progress_bar, show, tell

app = typer.Typer(
    help="Real-time retail analytics as one open house. Start with `retail run`.",
    epilog="Exit codes: 0 good, 1 a check failed, 2 usage or settings, 3 something is unreachable or held by another.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
app.add_typer(quarantine_app, name="quarantine")
app.add_typer(warehouse_cli.app, name="warehouse")
app.command("sql", epilog='Example: retail sql "SELECT COUNT(*) FROM SALES.SALES_DATA" --json')(
    warehouse_cli.sql
)
app.command("worksheet", epilog="Example: retail worksheet sales_performance")(warehouse_cli.worksheet)

AsJson = Annotated[bool, typer.Option("--json", help="one JSON object on stdout, progress on stderr")]
Trigger = Literal["once", "continuous"]
FORWARDED = {"ignore_unknown_options": True, "allow_extra_args": True}


@app.command(epilog="Example: retail up && retail status")
def up() -> None:
    """Start Kafka, S3 and the local Snowflake, make bucket and topics; what runs already is left as it is."""
    with errors_told():
        from infra.local import stack
        from ingestion.topics import ensure_topics
        from lakehouse.settings import load_settings
        from orchestration.local_warehouse import local_warehouse

        settings = load_settings()
        settings = stack.up(settings, tell, local_warehouse(settings))
        for report in ensure_topics(settings):
            for difference in report.differences:
                tell(f"topic {report.topic}: {difference}")
        if local_warehouse(settings):
            from orchestration.warehouse import brought_up

            brought_up(settings, tell)


@app.command(epilog="Example: retail down")
def down() -> None:
    """Stop a running `retail run`, what a killed one left behind, and the servers. The data stays."""
    with errors_told():
        from infra.local import stack
        from lakehouse.settings import load_settings
        from orchestration.local_warehouse import local_warehouse
        from orchestration.writer_lock import stop_writer

        settings = load_settings()
        stop_writer(settings, tell)
        stack.down(settings, tell, local_warehouse(settings))


@app.command(epilog="Example: retail status --json")
def status(
    as_json: AsJson = False,
    *,
    tables: Annotated[bool, typer.Option("--tables", help="rows of each table too")] = False,
) -> None:
    """One screen: alive, freshness by layer, balance, quarantine, closed gates, what to do next."""
    with errors_told():
        from lakehouse.settings import load_settings
        from orchestration.screens import status_screen
        from orchestration.status import status as state

        found = state(load_settings())
        show(found, as_json, lambda: status_screen(found, tables))


@app.command(epilog="Example: retail doctor")
def doctor(as_json: AsJson = False) -> None:
    """Examine machine, settings and servers; each fault comes with its remedy. Exit 1 if there is one."""
    with errors_told():
        from infra.local.doctor import diagnose
        from lakehouse.settings import load_settings
        from orchestration.local_warehouse import local_warehouse
        from orchestration.screens import doctor_screen

        settings = load_settings()
        findings = diagnose(settings, local_warehouse(settings))
        show({"findings": [vars(each) for each in findings]}, as_json, lambda: doctor_screen(findings))
        if not all(finding.ok for finding in findings):
            raise typer.Exit(1)


@app.command(context_settings=FORWARDED, add_help_option=False)
def produce(context: typer.Context) -> None:
    """Send simulated sales, at any rate, with late, duplicate and broken events."""
    from ingestion import sales_producer
    from orchestration.forwarding import forward

    forward(
        sales_producer.app, "produce", "retail produce --rate 100 --shape mixed --broken 0.01", context.args
    )


@app.command(context_settings=FORWARDED, add_help_option=False)
def consume(context: typer.Context) -> None:
    """Show and check what arrives in a topic. Exit 1 when a record is broken or missing."""
    from ingestion import sales_consumer
    from orchestration.forwarding import forward

    forward(
        sales_consumer.app, "consume", "retail consume --topic sales_data --limit 10 --show", context.args
    )


@app.command(
    epilog="Examples: retail replay online_retail.csv.gz · retail replay complete-journey --today --rate 50"
)
def replay(
    file: Annotated[
        str,
        typer.Argument(help="a UCI Online Retail file (.csv, .csv.gz, .xlsx, .parquet), or complete-journey"),
    ],
    *,
    limit: Annotated[int | None, typer.Option(min=0, help="at most that many events or baskets")] = None,
    speed: Annotated[
        float | None, typer.Option(min=0.001, help="multiple of real time; default: at once")
    ] = None,
    rate: Annotated[float | None, typer.Option(min=0.001, help="complete-journey: lines per second")] = None,
    today: Annotated[
        bool, typer.Option("--today", help="complete-journey: each sale happens when it is sent")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Send real sales to Kafka. Sent twice, they are accepted once; with --today each replay is a new one."""
    with errors_told():
        from ingestion.topics import ensure_topics
        from lakehouse.settings import load_settings
        from orchestration.sources import find_source, send_all

        source = replace(find_source(file, 0, limit, (speed, rate)), is_today=today)
        settings = load_settings()
        ensure_topics(settings)
        with progress_bar(f"replaying {source.name}") as progress:
            delivered = send_all(settings, source, progress)
        print_json({"delivered": delivered}) if as_json else tell(f"sent {delivered:,} events to Kafka")


@app.command(epilog="Example: retail process --layer silver --trigger once")
def process(
    layer: Annotated[
        Literal["bronze", "silver", "gold", "stock", "customers"] | None,
        typer.Option(help="one layer, or the tables made of gold's facts; default: all in one application"),
    ] = None,
    trigger: Annotated[Trigger, typer.Option(help="once: all there is, then end")] = "once",
    master: Annotated[str, typer.Option(help="Spark master; default: RETAIL_SPARK_MASTER")] = "",
    start_from: Annotated[
        Literal["checkpoint", "lake"],
        typer.Option(help="lake: without a checkpoint, go on where the tables end"),
    ] = "checkpoint",
    as_json: AsJson = False,
) -> None:
    """Run the Spark job of a layer, or the application that walks all layers; its log stands under RETAIL_HOME."""
    with errors_told():
        from lakehouse.settings import load_settings
        from orchestration.process import process as run_job

        found = run_job(
            load_settings(), layer, ("--trigger", trigger, "--start-from", start_from), tell, master
        )
        print_json(found) if as_json else tell(f"{found['job']}: ended well after {found['seconds']} s")


@app.command(epilog="Examples: retail run · retail run --once --source online_retail.csv.gz --json")
def run(  # noqa: PLR0913 - one parameter per option
    *,
    once: Annotated[
        bool, typer.Option("--once", help="send the source to its end, process it, show the figures")
    ] = False,
    source: Annotated[
        str, typer.Option(help="complete-journey, simulate, or a file of real sales")
    ] = "complete-journey",
    seed: Annotated[int, typer.Option(help="of the simulated chain")] = 1,
    start: Annotated[
        datetime | None,
        typer.Option(formats=["%Y-%m-%d"], help="simulate --once: first day; default: last full week"),
    ] = None,
    limit: Annotated[int | None, typer.Option(min=0, help="at most that many events or baskets")] = None,
    speed: Annotated[
        float | None, typer.Option(min=0.001, help="real sales: multiple of their time; default: at once")
    ] = None,
    rate: Annotated[float | None, typer.Option(min=0.001, help="lines per second; live: 50")] = None,
    as_json: AsJson = False,
) -> None:
    """Bring up everything and show live numbers until Ctrl-C; with --once, take one source from till to gold.

    In the figures of --once, `ledger` sums the whole lake, `quality.checked` counts the rules that the stream asks of
    records and those asked of each table, `quality.failed` those that some record in quarantine or a table broke
    (warnings left out). Exit 1 if a gate is closed.
    """
    with errors_told():
        from lakehouse.settings import load_settings
        from orchestration.sources import find_source

        if as_json and not once:
            raise typer.BadParameter("needs --once: a live table is no JSON object", param_hint="--json")
        settings, chosen = load_settings(), find_source(source, seed, limit, (speed, rate))
        chosen = replace(chosen, start=start.date() if start else None)
        if not once:
            from orchestration.run_live import run_live

            raise typer.Exit(run_live(settings, chosen))
        from infra.local.secrets_file import with_secrets
        from lakehouse.storage.gates import closed_gates
        from lakehouse.storage.lake_reader import lake_reader
        from orchestration.run_once import run_once
        from orchestration.screens import summary_screen

        found = run_once(settings, chosen, tell, progress_bar)
        show(found, as_json, lambda: summary_screen(found))
        closed = closed_gates(lake_reader(with_secrets(settings)))
        for gate in closed:
            tell(str(gate))
        if closed:
            raise typer.Exit(1)


@app.command(epilog="Examples: retail check · retail check fct_sales_lines --whole --json")
def check(
    tables: Annotated[
        list[str] | None, typer.Argument(metavar="TABLE", help="with or without its layer; none = all")
    ] = None,
    whole: Annotated[
        bool, typer.Option("--whole", help="all rows, not only what changed since the last check")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Ask every rule of the tables; open or close their gates, write the Data Docs. Exit 1 if a gate is closed.

    A live stream may go on meanwhile. While a gate is closed nothing is published; mended data opens it at the
    next check. Warnings are reported and close nothing.
    """
    with errors_told():
        from lakehouse.settings import load_settings
        from orchestration.check import check as checked
        from orchestration.check import check_screen

        found = checked(load_settings(), tables or (), whole, tell)
        show(found, as_json, lambda: check_screen(found))
        if found["closed"]:
            raise typer.Exit(1)


@app.command(epilog="Example: retail reconcile --json")
def reconcile(as_json: AsJson = False) -> None:
    """Compare Kafka's offsets, bronze, ledger, silver, quarantine and gold; exit 1 if something differs.

    Each difference is named by query, batch, partition and offsets. A live stream may go on meanwhile. Till sessions
    whose Z-report differs from the receipts that came are named too; they do not change the exit code.
    """
    with errors_told():
        from lakehouse.settings import load_settings
        from orchestration.reconcile import reconcile as compared
        from orchestration.reconcile_screen import reconcile_screen

        found = compared(load_settings())
        show(found, as_json, lambda: reconcile_screen(found))
        if not found["agrees"]:
            raise typer.Exit(1)


@app.command(epilog="Examples: retail observe · retail observe --once")
def observe(
    once: Annotated[
        bool,
        typer.Option("--once", help="look once and write the metrics to stdout, as Prometheus reads them"),
    ] = False,
) -> None:
    """Serve metrics of the stream to Prometheus, keep ops.freshness, send a canary where no till sells.

    `retail run` starts it beside the application; on a cluster it runs wherever broker and lake can be reached.
    """
    with errors_told():
        from lakehouse.settings import load_settings
        from orchestration.observe import observer
        from orchestration.terminal import stop_signal

        if once:
            typer.echo(observer.observed_once(load_settings()), nl=False)
            return
        observer.observe_for_ever(load_settings(), tell, stop_signal())


@app.command(epilog="Example: retail dashboard")
def dashboard() -> None:
    """Show sales, stock, customers and data trust in the browser, from Snowflake or the local one; Ctrl-C stops it.

    `retail run` starts it as well. Only this machine can reach it.
    """
    with errors_told():
        from lakehouse.settings import load_settings
        from orchestration.dashboard import address, show_dashboard

        settings = load_settings()
        tell(f"dashboard at {address(settings)}")
        show_dashboard(settings)


@app.command(epilog="Example: retail report")
def report(as_json: AsJson = False) -> None:
    """Write the summary page: checks, gates, ledger, reconciliation, quarantine, freshness; say where it is.

    `retail run --once` and `retail check` write it as well. It is one HTML file that opens without a network.
    """
    with errors_told():
        from lakehouse.settings import load_settings
        from orchestration.report import write_report

        found = write_report(load_settings(), "retail report")
        told = f"{found['verdict']}: {found['path']}, published as {found['published']}"
        print_json(found) if as_json else tell(told)


app.command(
    "erase",
    epilog="Examples: retail erase C00042 · retail erase C00042 --also 'A. Archer' · retail erase C00042 --close",
)(recovery_cli.erase)
app.command(
    "restore",
    epilog="Examples: retail restore ledger --version 41 · retail restore fct_receipts --to 2026-11-23T10:00Z",
)(recovery_cli.restore)
app.command("rebuild", epilog="Example: retail rebuild")(recovery_cli.rebuild)


def main() -> None:
    """Entry point of the command."""
    app()


if __name__ == "__main__":
    main()
