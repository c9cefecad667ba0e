"""The topic of sales is deleted under a live run and made again, and a person does what the run says then."""

from __future__ import annotations

import time
from pathlib import Path

from confluent_kafka.admin import AdminClient

from ingestion.events import SALES_DATA
from ingestion.kafka_clients import client_config
from ingestion.kafka_stream import LIVE
from ingestion.topics import ensure_topics
from lakehouse.settings import Settings
from tests.chaos.homes import CommandFailed, Homes
from tests.chaos.settle import settle
from tests.chaos.topics import read_topics

_PATIENCE = 600.0
_TOLD = ("was deleted and made again", "`retail process --start-from lake`")


def recreate_topic(homes: Homes) -> None:
    """Let the lake take all there is, make the topic anew, hear what `retail run` says, and start from the lake.

    Records that nobody had read would be gone with the topic; the till waits meanwhile, so that what must be in the lake
    is known. Raises CommandFailed where the run does not end with a clear word.
    """
    settle(homes)
    settings = homes.settings()
    topic = settings.topic(SALES_DATA)
    homes.gone += [each for each in read_topics(settings) if each.topic == SALES_DATA]
    _made_again(settings, topic)
    homes.open_till_again()
    code, words = homes.ended_run(_PATIENCE)
    if code != 1 or not all(each in words for each in _TOLD):
        raise CommandFailed(f"`retail run` ended with {code} over a topic that was made again: {words}")
    checkpoint = Path(settings.checkpoint_path(LIVE).removeprefix("file://"))
    checkpoint.rename(checkpoint.with_name(f"{checkpoint.name}.before"))
    homes.retail("process", "--start-from", "lake", retries=5)
    homes.start_run()


def _made_again(settings: Settings, topic: str) -> None:
    admin = AdminClient(client_config(settings))
    admin.delete_topics([topic])[topic].result(30)
    deadline = time.monotonic() + 60
    while topic in admin.list_topics(timeout=10).topics:
        assert time.monotonic() < deadline, f"{topic} does not go"
        time.sleep(0.2)
    ensure_topics(settings)
