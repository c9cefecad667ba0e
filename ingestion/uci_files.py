"""Reads UCI Online Retail files: csv, csv.gz, xlsx or parquet in the original columns give equal rows.

Format is told by the first bytes, not by the name. Sources of the variants that are accepted:
archive.ics.uci.edu datasets 352 (xlsx) and 502 (Online Retail II: `Invoice`, `Price`, `Customer ID`), and the
csv copies of both.
"""

from __future__ import annotations

import csv
import gzip
import io
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from pathlib import Path

import openpyxl
import pyarrow as pa  # type: ignore[import-untyped]
import pyarrow.compute as pc  # type: ignore[import-untyped]
import pyarrow.parquet as pq  # type: ignore[import-untyped]

from ingestion.uci_rows import UciFileError, UciRow, column_positions, typed_rows

_PARQUET, _ZIP, _GZIP = b"PAR1", b"PK\x03\x04", b"\x1f\x8b"


def read_uci_file(path: Path) -> list[UciRow]:
    """All rows of the file in file order; raises UciFileError naming file, line, what was seen and expected."""
    try:
        return typed_rows(_cells(path))
    except (UciFileError, pa.ArrowException) as error:
        raise UciFileError(f"{path.name}: {error}") from error
    except (gzip.BadGzipFile, EOFError, zlib.error, zipfile.BadZipFile, KeyError) as error:
        raise UciFileError(f"{path.name}: damaged file ({error}); copy or download it again") from error


def _cells(path: Path) -> Iterator[tuple[int, Sequence[object]]]:
    """Line number and the eight cells in the order of COLUMNS."""
    with path.open("rb") as file:
        start = file.read(4)
    if start == _PARQUET:
        return _parquet_cells(path)
    if start == _ZIP:
        return _ordered(_xlsx_lines(path))
    data = path.read_bytes()
    return _ordered(_csv_lines(_text(gzip.decompress(data) if start[:2] == _GZIP else data)))


def _ordered(lines: Iterator[tuple[int, Sequence[object]]]) -> Iterator[tuple[int, Sequence[object]]]:
    _, header = next(lines, (1, ()))
    positions = column_positions([str(name) for name in header if name is not None])
    width = max(positions) + 1
    for number, cells in lines:
        if all(cell is None or cell == "" for cell in cells):
            continue
        if len(cells) < width:
            raise UciFileError(
                f"line {number}: {len(cells)} cells, expected {len(header)}; mend or remove the line"
            )
        yield number, [cells[position] for position in positions]


def _csv_lines(text: str) -> Iterator[tuple[int, Sequence[object]]]:
    header = text.partition("\n")[0]
    lines = csv.reader(io.StringIO(text, newline=""), delimiter=max(",;\t", key=header.count), strict=True)
    try:
        for cells in lines:
            yield lines.line_num, cells
    except csv.Error as error:
        raise UciFileError(f"line {lines.line_num}: not csv ({error}); mend the quotes") from error


def _text(data: bytes) -> str:
    """UTF-8, or else Windows-1252, the encoding of the csv copies with a bare £."""
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        try:
            return data.decode("cp1252")
        except UnicodeDecodeError as error:
            raise UciFileError(
                f"neither parquet, xlsx nor text in UTF-8 or Windows-1252 ({error})"
            ) from error


def _xlsx_lines(path: Path) -> Iterator[tuple[int, Sequence[object]]]:
    """Lines of the only sheet with data. The two sheets of Online Retail II repeat nine days of each other:
    read together they would sell those goods twice."""
    book = openpyxl.load_workbook(path, read_only=True, data_only=True)
    try:
        sheets = [sheet for sheet in book.worksheets if next(sheet.iter_rows(values_only=True), None)]
        if len(sheets) > 1:
            names = ", ".join(repr(sheet.title) for sheet in sheets)
            raise UciFileError(
                f"{len(sheets)} sheets with data ({names}), expected one; save one as its own file"
            )
        for sheet in sheets:
            yield from enumerate(sheet.iter_rows(values_only=True), start=1)
    finally:
        book.close()


def _parquet_cells(path: Path) -> Iterator[tuple[int, Sequence[object]]]:
    try:
        table = pq.read_table(path)
        positions = column_positions(table.column_names)
        columns = [_exact(table.column(position)).to_pylist() for position in positions]
    except UciFileError:
        raise
    except (
        OSError,
        ValueError,
        OverflowError,
    ) as error:  # what Arrow comes to by bytes that are something else
        raise UciFileError(f"damaged file ({error}); copy or download it again") from error
    yield from enumerate(zip(*columns, strict=True), start=1)


def _exact(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """Floats as their shortest text (a 32-bit 2.55 would come out of Python as 2.549999952316284), times as
    Python's own."""
    if pa.types.is_timestamp(column.type):
        return column.cast(pa.timestamp("us", column.type.tz))
    if not pa.types.is_floating(column.type):
        return column
    missing = pc.or_kleene(pc.is_null(column), pc.is_nan(column))
    return pc.if_else(missing, None, column.cast(pa.string()))
