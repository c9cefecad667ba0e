"""An error reaches the caller as its own words and a code to decide on, even out of a JVM's stack trace."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import botocore.exceptions
import pytest

from infra.local.errors import PortTaken
from ingestion.broker import BrokerUnreachable
from ingestion.kafka_offsets import OffsetsGone
from lakehouse.contracts import ContractError
from lakehouse.settings import SettingsError
from lakehouse.storage.job_errors import EXIT_CODES, exit_code, job_error, run_job
from lakehouse.storage.lease import LeaseHeld

pytestmark = pytest.mark.check
ROOT = Path(__file__).resolve().parents[3]
ROOMS = ("infra", "ingestion", "lakehouse", "orchestration", "quality", "warehouse")

FROM_THE_JVM = """[STREAM_FAILED] Query [id = 1, runId = 2] terminated with exception: An exception was raised by
the Python Proxy. Return Message: Traceback (most recent call last):
  File "lakehouse/storage/streams.py", line 62, in on_batch
    handle(frame, batch)
lakehouse.storage.ledger.LedgerUnbalanced: query medallion, batch 3: received 3, but accepted 1
\tat py4j.Protocol.getReturnValue(Protocol.java:476)
SQLSTATE: XXKST"""

FROM_S3 = """An error occurred while calling o1.save.
: org.apache.hadoop.fs.s3a.AWSClientIOException: getFileStatus: software.amazon.awssdk.SdkClientException
\tat org.apache.hadoop.fs.s3a.S3AUtils.translateException(S3AUtils.java:200)
Caused by: java.net.ConnectException: Connection refused
\tat java.base/sun.nio.ch.Net.pollConnect(Native Method)"""


def test_each_name_is_that_of_one_error_of_ours_or_of_boto() -> None:
    sources = [path.read_text(encoding="utf-8") for room in ROOMS for path in (ROOT / room).rglob("*.py")]
    ours = Counter(re.findall(r"^class (\w+)\(", "\n".join(sources), re.MULTILINE))
    unknown = [name for name in EXIT_CODES if ours[name] != 1 and not hasattr(botocore.exceptions, name)]
    assert unknown == []


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (LeaseHeld("held"), 3),
        (PortTaken("taken"), 3),
        (BrokerUnreachable("127.0.0.1:1", "refused"), 3),
        (SettingsError("wrong"), 2),
        (ContractError("does not fit"), 1),
        (OffsetsGone("gone"), 1),
        (KeyError("a bug"), None),
    ],
)
def test_a_caller_can_decide_by_the_code(error: Exception, code: int | None) -> None:
    assert exit_code(error) == code


def test_an_error_inside_a_query_is_found_in_the_text_of_the_jvm() -> None:
    seen = job_error(RuntimeError(FROM_THE_JVM))
    assert (seen.kind, seen.exit_code, seen.is_known) == ("LedgerUnbalanced", 1, True)
    assert seen.message == "query medallion, batch 3: received 3, but accepted 1"


def test_of_any_other_trace_the_last_cause_is_told() -> None:
    seen = job_error(RuntimeError(FROM_S3))
    assert seen.message == "java.net.ConnectException: Connection refused"
    assert not seen.is_known


def test_a_plain_error_is_told_in_one_line() -> None:
    assert job_error(KeyError("x\ny")).message == "KeyError: 'x\\ny'"
    assert job_error(LeaseHeld("held\n  by a")).message == "held by a"


def failing(error: Exception) -> Callable[[], None]:
    def main() -> None:
        raise error

    return main


def test_a_failed_job_says_why_on_both_channels_and_exits_with_its_code(
    capsys: pytest.CaptureFixture[str],
) -> None:
    with pytest.raises(SystemExit) as ended:
        run_job(failing(LeaseHeld("held by another")))
    shown = capsys.readouterr()
    assert ended.value.code == 3
    assert shown.err == "error: held by another\n"
    assert json.loads(shown.out) == {
        "event": "error", "kind": "LeaseHeld", "message": "held by another", "exit_code": 3, "is_known": True,
    }  # fmt: skip


def test_a_bug_keeps_its_traceback(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        run_job(failing(KeyError("x")))
    assert ended.value.code == 1
    assert "Traceback" in capsys.readouterr().err
