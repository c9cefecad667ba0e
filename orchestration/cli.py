"""The command `retail`: declares the verbs and their options; what they do stands in the modules they call.

Those modules are imported inside the verbs: Kafka, S3 and Arrow libraries take over a second to load, and
`retail --help` needs none of them.
"""
# ruff: noqa: PLC0415 - see above

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer

from orchestration.terminal import errors_told, print_json, progress_bar, show, tell

app = typer.Typer(
    help="Real-time retail analytics as one open house. Start with `retail run`.",
    epilog="Exit codes: 0 good, 1 a check failed, 2 usage or settings, 3 something is unreachable or held by another.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
quarantine_app = typer.Typer(help="The refused records: list, explain.", no_args_is_help=True)
app.add_typer(quarantine_app, name="quarantine")

AsJson = Annotated[bool, typer.Option("--json", help="one JSON object on stdout, progress on stderr")]
Trigger = Literal["once", "continuous"]
FORWARDED = {"ignore_unknown_options": True, "allow_extra_args": True}


@app.command(epilog="Example: retail up && retail status")
def up() -> None:
    """Start Kafka and S3 and make bucket and topics; what runs already is left as it is."""
    with errors_told():
        from infra.local import stack
        from ingestion.topics import ensure_topics
        from lakehouse.settings import load_settings

        settings = stack.up(load_settings(), tell)
        for report in ensure_topics(settings):
            for difference in report.differences:
                tell(f"topic {report.topic}: {difference}")


@app.command(epilog="Example: retail down")
def down() -> None:
    """Stop a running `retail run`, what a killed one left behind, and the servers. The data stays."""
    with errors_told():
        from infra.local import stack
        from lakehouse.settings import load_settings
        from orchestration.writer_lock import stop_writer

        settings = load_settings()
        stop_writer(settings, tell)
        stack.down(settings, tell)


@app.command(epilog="Example: retail status --json")
def status(as_json: AsJson = False) -> None:
    """One screen: servers, writer, rows per table, last batch and freshness, balance, quarantine, what to do next."""
    with errors_told():
        from lakehouse.settings import load_settings
        from orchestration.screens import status_screen
        from orchestration.status import status as state

        found = state(load_settings())
        show(found, as_json, lambda: status_screen(found))


@app.command(epilog="Example: retail doctor")
def doctor(as_json: AsJson = False) -> None:
    """Examine machine, settings and servers; each fault comes with its remedy. Exit 1 if there is one."""
    with errors_told():
        from infra.local.doctor import diagnose
        from lakehouse.settings import load_settings
        from orchestration.screens import doctor_screen

        findings = diagnose(load_settings())
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


@app.command(epilog="Example: retail replay online_retail.csv.gz --limit 1000")
def replay(
    file: Annotated[Path, typer.Argument(help="a UCI Online Retail file: .csv, .csv.gz, .xlsx or .parquet")],
    limit: Annotated[int | None, typer.Option(min=0, help="at most that many events")] = None,
    speed: Annotated[
        float | None, typer.Option(min=0.001, help="multiple of real time; default: at once")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Send a file of real sales to Kafka. Sent twice, it is accepted once."""
    with errors_told():
        from ingestion.topics import ensure_topics
        from lakehouse.settings import load_settings
        from orchestration.sources import find_source, send_all

        source = find_source(str(file), 0, limit, (speed, None))
        settings = load_settings()
        ensure_topics(settings)
        with progress_bar(f"replaying {file.name}") as progress:
            delivered = send_all(settings, source, progress)
        print_json({"delivered": delivered}) if as_json else tell(f"sent {delivered:,} events to Kafka")


@app.command(epilog="Example: retail process --layer silver --trigger once")
def process(
    layer: Annotated[
        Literal["bronze", "silver", "gold"] | None,
        typer.Option(help="one layer; default: all in one application"),
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
    source: Annotated[str, typer.Option(help="simulate, or a file of real sales")] = "simulate",
    seed: Annotated[int, typer.Option(help="of the simulated shop")] = 1,
    limit: Annotated[int | None, typer.Option(min=0, help="at most that many events")] = None,
    speed: Annotated[
        float | None, typer.Option(min=0.001, help="file: multiple of real time; default: at once")
    ] = None,
    rate: Annotated[float | None, typer.Option(min=0.001, help="simulate: lines per second")] = None,
    as_json: AsJson = False,
) -> None:
    """Bring up everything and show live numbers until Ctrl-C; with --once, take one source from till to gold.

    In the figures of --once, `ledger` sums the whole lake, `quality.checked` counts the row rules that the stream
    asks of records, `quality.failed` those that some record in this lake's quarantine broke.
    """
    with errors_told():
        from lakehouse.settings import load_settings
        from orchestration.sources import find_source

        if as_json and not once:
            raise typer.BadParameter("needs --once: a live table is no JSON object", param_hint="--json")
        settings, chosen = load_settings(), find_source(source, seed, limit, (speed, rate))
        if not once:
            from orchestration.run_live import run_live

            raise typer.Exit(run_live(settings, chosen))
        from orchestration.run_once import run_once
        from orchestration.screens import summary_screen

        found = run_once(settings, chosen, tell, progress_bar)
        show(found, as_json, lambda: summary_screen(found))


@quarantine_app.command("list", epilog="Example: retail quarantine list --rule price_digits --limit 20")
def list_quarantine(
    rule: Annotated[str | None, typer.Option(help="only records that broke this rule")] = None,
    topic: Annotated[str | None, typer.Option(help="only records of this topic")] = None,
    limit: Annotated[int, typer.Option(min=1, help="at most that many, the newest first")] = 50,
    as_json: AsJson = False,
) -> None:
    """Refused records: id, when, rules, where in Kafka."""
    with errors_told():
        from lakehouse.settings import load_settings
        from orchestration.quarantine import list_screen, quarantined

        found = quarantined(load_settings(), rule, topic, limit)
        show(found, as_json, lambda: list_screen(found))


@quarantine_app.command("explain", epilog="Example: retail quarantine explain sales_data-0-17")
def explain_quarantine(
    quarantine_id: Annotated[str, typer.Argument(metavar="ID", help="as `retail quarantine list` shows it")],
    as_json: AsJson = False,
) -> None:
    """One refused record: each broken rule with what was expected and seen, its bytes, its JSON, where it came from."""
    with errors_told():
        from lakehouse.settings import load_settings
        from orchestration.quarantine import explain, explain_screen

        found = explain(load_settings(), quarantine_id)
        show(found, as_json, lambda: explain_screen(found))


def main() -> None:
    """Entry point of the command."""
    app()


if __name__ == "__main__":
    main()
