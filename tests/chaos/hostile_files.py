"""Files that somebody hands us, broken in every way: bytes, cells and structure. Seeded.

A parser may take such a file or refuse it in its own words (the errors it is known for); anything else is a finding.
"""

from __future__ import annotations

import csv
import gzip
import io
import json
import re
import traceback
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from random import Random
from typing import Any

import openpyxl
import pyarrow as pa  # type: ignore[import-untyped]
import pyarrow.parquet as pq  # type: ignore[import-untyped]

from ingestion.merge_patch import NotPatchable, patched
from ingestion.replay import UnknownSourceError, event_message, read_events
from ingestion.uci_rows import COLUMNS, UciFileError
from lakehouse.contracts import ContractError, parse_contract
from lakehouse.contracts.loader import LAYERS
from tests.ingestion.uci_samples import uci_row, write_csv, write_parquet, write_xlsx

# What ends up in cells, ids, names and settings of strangers.
TEXTS = (
    "", " ", "\x00", "'", '"', "`", "\\", ";", "a\nb", "\r\n", "\u202e", "\ufeff", "\U0001f36c", "é" * 300, "NaN",
    "=HYPERLINK(\"x\")", "=1+1", "@SUM(1)", "+1", "-1", "1,5", "1e400", "-0", "0x10", "١٢", "Infinity", "null", "true",
    "'; DROP TABLE silver.receipts; --", "' OR 1=1 --", "${jndi:ldap://x}", "{{ 7*7 }}", "%s%s%n", "$(reboot)",
    "../../../etc/passwd", "..\\..\\x", "/etc/passwd", "s3://other/x", "a/../b", "file:///x", "A" * 5_000, "9" * 400,
    "2010-13-45 99:99:99", "9999-12-31T23:59:59-14:00", "0000-00-00", "2010-12-01", "12/13/2010 8:26", "1e9",
)  # fmt: skip


@dataclass(frozen=True)
class Kind:
    """One kind of file: a good one, how its parts are broken, who reads it, and the errors that reader is known for."""

    name: str
    good: Callable[[Path, Random], Path]
    read: Callable[[Path], object]
    errors: tuple[type[Exception], ...]


def kinds() -> list[Kind]:
    """Every kind of file that comes from outside and is read without a server."""
    replay = (UciFileError, UnknownSourceError)
    return [
        Kind("csv", _csv, _replayed, replay),
        Kind("csv.gz", _packed, _replayed, replay),
        Kind("xlsx", _xlsx, _replayed, replay),
        Kind("parquet", _parquet, _replayed, replay),
        Kind("patch", _patch, _patched, (NotPatchable,)),
        Kind("contract", _contract, _parsed, (ContractError,)),
    ]


def broken_bytes(path: Path, rng: Random) -> None:
    """Damage the file: bytes changed, cut off, repeated, inserted, or all of them somebody else's."""
    data = bytearray(path.read_bytes())
    for _ in range(rng.randint(1, 4)):
        at = rng.randrange(len(data) or 1)
        what = rng.randrange(6)
        if what == 0 and data:
            data[at] = rng.randrange(256)
        elif what == 1:
            del data[at:]
        elif what == 2:
            data[at:at] = data[at : at + rng.randrange(200)]
        elif what == 3:
            data[at:at] = rng.choice(TEXTS).encode("utf-8", "surrogatepass")
        elif what == 4:
            del data[at : at + rng.randrange(50)]
        elif rng.random() < 0.1:
            data = bytearray(rng.randbytes(rng.randrange(500)))
    path.write_bytes(bytes(data))


def _csv(path: Path, rng: Random) -> Path:
    file = write_csv(path / "sales.csv", [uci_row(line=n) for n in range(2, 8)])
    if rng.random() < 0.7:
        rows = list(csv.reader(io.StringIO(file.read_text(encoding="utf-8"))))
        for _ in range(rng.randint(1, 3)):
            row = rng.choice(rows)
            row[rng.randrange(len(row))] = rng.choice(TEXTS)
        with file.open("w", newline="", encoding="utf-8") as lines:
            csv.writer(lines, delimiter=rng.choice(",,,;\t")).writerows(rows)
    return file


def _packed(path: Path, rng: Random) -> Path:
    file = path / "sales.csv.gz"
    file.write_bytes(gzip.compress(_csv(path, rng).read_bytes()))
    return file


def _xlsx(path: Path, rng: Random) -> Path:
    file = write_xlsx(path / "sales.xlsx", [uci_row(line=n) for n in range(2, 5)])
    if rng.random() < 0.7:
        book = openpyxl.load_workbook(file)
        for _ in range(rng.randint(1, 3)):
            text = re.sub(r"[\x00-\x08\x0b\x0c\x0e-\x1f]", "", rng.choice(TEXTS))
            value: Any = rng.choice([text, 1.5, True, None, datetime(1900, 1, 1), 10**30])  # noqa: DTZ001
            book.worksheets[0].cell(rng.randint(1, 4), rng.randint(1, 9)).value = value
        book.save(file)
    return file


def _parquet(path: Path, rng: Random) -> Path:
    file = write_parquet(path / "sales.parquet", [uci_row(line=n) for n in range(2, 8)])
    if rng.random() < 0.7:
        table = pq.read_table(file)
        name = rng.choice(COLUMNS)
        made: list[Any] = rng.choice(
            [
                [rng.choice(TEXTS)] * 6,
                [None] * 6,
                [True] * 6,
                [float("nan"), float("inf"), -0.0, 1e308, 5e-324, 1.0],
                [Decimal("1.23456")] * 6,
                [datetime(9999, 12, 31, tzinfo=UTC)] * 6,
                [[1, 2]] * 6,
                [{"a": 1}] * 6,
                [b"\xff\xfe"] * 6,
                [2**62] * 6,
            ]
        )
        table = table.set_column(table.column_names.index(name), name, pa.array(made))
        pq.write_table(table, file)
    return file


def _patch(path: Path, rng: Random) -> Path:
    file = path / "patch.json"
    file.write_text(json.dumps(_any_json(rng, 0)), encoding="utf-8", errors="surrogatepass")
    return file


def _contract(path: Path, rng: Random) -> Path:
    """One of ours with some values, names or lines that are something else."""
    folder = Path(__file__).resolve().parents[2] / "lakehouse" / "contracts"
    source = rng.choice(sorted(folder.glob("*/*.odcs.yaml")))
    lines = source.read_text(encoding="utf-8").splitlines()
    for _ in range(rng.randint(1, 4)):
        at = rng.randrange(len(lines))
        key, colon, _ = lines[at].partition(": ")
        value = rng.choice(
            [*TEXTS, "[]", "{}", "- a", "!!python/object/apply:os.system [ls]", "&a [*a]", "2026-01-01"]
        )
        lines[at] = rng.choice(
            [f"{key}{colon}{value}", "", f"  {lines[at]}", f"{key}: {json.dumps(value)}", value]
        )
    file = path / f"{source.parent.name}.yaml"
    file.write_text("\n".join(lines), encoding="utf-8")
    return file


def _replayed(path: Path) -> object:
    """The messages that a replay would send, each readable and keyed."""
    now = datetime.now(UTC)
    messages = [event_message(event, path.name, now) for event in read_events(path)]
    for message in messages:
        assert message.key is not None
        assert isinstance(json.loads(message.value or b""), dict)
    return messages


def _patched(path: Path) -> object:
    value = b'{"event_id":"a","lines":[{"quantity":0.1234567890123456789}]}'
    made = patched(value, path.read_bytes())
    json.loads(made)
    return made


def _parsed(path: Path) -> object:
    assert path.stem in LAYERS
    return parse_contract(path.stem, path.read_text(encoding="utf-8", errors="surrogateescape"))


def _any_json(rng: Random, depth: int) -> Any:
    if depth > 4 or rng.random() < 0.4:
        return rng.choice([*TEXTS, None, True, 0, -1, 1.5, 10**40, "\ud800"])
    if rng.random() < 0.05:
        deep: Any = "x"
        for _ in range(rng.choice((50, 120, 900))):
            deep = {"a": deep} if rng.random() < 0.5 else [deep]
        return deep
    many = range(rng.randrange(4))
    if rng.random() < 0.7:
        names = ("event_id", "lines", "quantity", "x", rng.choice(TEXTS))
        return {rng.choice(names): _any_json(rng, depth + 1) for _ in many}
    return [_any_json(rng, depth + 1) for _ in many]


def outcome(kind: Kind, folder: Path, seed: int) -> str:
    """``read`` or ``refused``; whatever else came of the file is told."""
    rng = Random(f"{kind.name} {seed}")
    file = kind.good(folder, rng)
    if rng.random() < 0.5:
        broken_bytes(file, rng)
    try:
        kind.read(file)
    except kind.errors as error:
        return "refused" if str(error) else f"{kind.name} seed {seed}: refused without a word"
    except Exception as error:  # noqa: BLE001 - all others are what is looked for
        place = traceback.format_tb(error.__traceback__)[-1]
        return f"{kind.name} seed {seed}: {type(error).__name__}: {error!s:.200} {place}"
    return "read"


def fuzzed_environment(rng: Random, fields: Mapping[str, object]) -> dict[str, str]:
    """Settings as an environment: some fields with the texts of strangers."""
    texts = [text for text in TEXTS if "\x00" not in text]
    return {
        f"RETAIL_{name.upper()}": rng.choice(texts) for name in rng.sample(sorted(fields), rng.randint(1, 5))
    }
