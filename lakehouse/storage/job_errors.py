"""How a command or job that fails tells it: one clear line, and an exit code that its caller can decide on.

0 good, 1 look at it, 2 usage or settings, 3 something needed is unreachable or held by another: worth retrying.
"""

from __future__ import annotations

import json
import re
import sys
import traceback
from collections.abc import Callable
from dataclasses import asdict, dataclass

CHECK_FAILED, WRONG_USAGE, RETRY = 1, 2, 3

# By name: some of these stand in rooms above this one, and an error that was raised inside a streaming query
# comes back from the JVM as text only.
EXIT_CODES = {
    "CannotRebuild": CHECK_FAILED,
    "CheckpointError": CHECK_FAILED,
    "ContractError": CHECK_FAILED,
    "DeliveryError": CHECK_FAILED,
    "ExportError": CHECK_FAILED,
    "GateClosed": CHECK_FAILED,
    "GoldDiffers": CHECK_FAILED,
    "LedgerUnbalanced": CHECK_FAILED,
    "NotErased": CHECK_FAILED,
    "NotYet": CHECK_FAILED,
    "OffsetsGone": CHECK_FAILED,
    "PublishHeldBack": CHECK_FAILED,
    "ReadError": CHECK_FAILED,
    "RequestFailed": CHECK_FAILED,
    "RuleNotAsked": CHECK_FAILED,
    "StreamBehind": CHECK_FAILED,
    "StreamSilent": CHECK_FAILED,
    "TopicChanged": CHECK_FAILED,
    "TopicError": CHECK_FAILED,
    "CannotRestore": WRONG_USAGE,
    "CorrectionError": WRONG_USAGE,
    "SettingsError": WRONG_USAGE,
    "UciFileError": WRONG_USAGE,
    "UnknownRecord": WRONG_USAGE,
    "UnknownRequest": WRONG_USAGE,
    "UnknownSourceError": WRONG_USAGE,
    "UnknownTable": WRONG_USAGE,
    "UnknownTime": WRONG_USAGE,
    "WrongRange": WRONG_USAGE,
    "BrokerUnreachable": RETRY,
    "ConnectTimeoutError": RETRY,
    "EndpointConnectionError": RETRY,
    "LakeUnreachable": RETRY,
    "LeaseHeld": RETRY,
    "RequestUnanswered": RETRY,
    "LeaseLost": RETRY,
    "StackError": RETRY,
    "WriterBusy": RETRY,
}
_TOLD = re.compile(rf"^(?:[A-Za-z_][\w.]*\.)?({'|'.join(EXIT_CODES)}): (.+)$", re.MULTILINE)
_LAST_LINE = re.compile(r"^(?:Caused by: )?([A-Za-z_][\w.]*(?:Error|Exception)[\w.]*: .+)$", re.MULTILINE)


@dataclass(frozen=True)
class JobError:
    """Why a job ended. ``is_known``: one of EXIT_CODES, so the message holds the remedy and the code is a verdict."""

    kind: str
    message: str
    exit_code: int
    is_known: bool


def exit_code(error: BaseException) -> int | None:
    """Exit code of an error that is known by its class or one above it; None for any other."""
    names = [kind.__name__ for kind in type(error).__mro__]
    return next((EXIT_CODES[name] for name in names if name in EXIT_CODES), None)


def job_error(error: BaseException) -> JobError:
    """What an error says: its own words if it is known, else those of the known one inside, else its cause's."""
    kind, text = type(error).__name__, str(error)
    code = exit_code(error)
    if code is not None:
        return JobError(kind, _one_line(text), code, is_known=True)
    inside = _TOLD.findall(text)
    if inside:
        kind, message = inside[-1]
        return JobError(kind, message, EXIT_CODES[kind], is_known=True)
    causes = _LAST_LINE.findall(text)
    message = causes[-1] if causes else f"{kind}: {text.strip().partition(chr(10))[0]}"
    return JobError(kind, message, CHECK_FAILED, is_known=False)


def run_job(main: Callable[[], None]) -> None:
    """Run the main function of a job; when it fails, say why and exit with the code that fits.

    ``error: <message>`` goes to stderr for people, one line of JSON to stdout for the command that started us.
    """
    try:
        main()
    except Exception as error:  # noqa: BLE001 - the outermost place of the process: all that is left is to tell
        told = job_error(error)
        if not told.is_known:
            traceback.print_exc()
        print(json.dumps({"event": "error", **asdict(told)}), flush=True)
        print(f"error: {told.message}", file=sys.stderr, flush=True)
        sys.exit(told.exit_code)


def _one_line(text: str) -> str:
    return " ".join(text.split())
