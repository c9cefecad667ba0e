"""Rows of UCI Online Retail and files of them, as the tests of the door need them."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from pathlib import Path

import openpyxl
import pyarrow as pa  # type: ignore[import-untyped]
import pyarrow.parquet as pq  # type: ignore[import-untyped]

from ingestion.uci_rows import COLUMNS, UciRow


def uci_row(line: int = 2, **changes: object) -> UciRow:
    """A row of one mug sold on a winter morning, with what the test changes."""
    values: dict[str, object] = {
        "invoice": "536365",
        "stock_code": "85123A",
        "description": "WHITE MUG",
        "quantity": Decimal(6),
        "invoice_date": datetime(2010, 12, 1, 8, 26),  # noqa: DTZ001 - shop wall time
        "unit_price": Decimal("2.55"),
        "customer_id": "17850",
        "country": "United Kingdom",
    }
    return UciRow(line=line, **(values | changes))  # type: ignore[arg-type]


def write_csv(path: Path, rows: Sequence[UciRow]) -> Path:
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(COLUMNS)
        for row in rows:
            price = f"{row.unit_price:.4f}"
            date = row.invoice_date.isoformat(" ")
            text = [
                row.invoice,
                row.stock_code,
                row.description,
                row.quantity,
                date,
                price,
                row.customer_id,
                row.country,
            ]
            writer.writerow(text)
    return path


def write_xlsx(path: Path, rows: Sequence[UciRow]) -> Path:
    """As a spreadsheet program does: codes of digits become numbers, prices floats, dates dates."""
    book = openpyxl.Workbook()
    sheet = book.worksheets[0]
    sheet.append(list(COLUMNS))
    for row in rows:
        customer = float(row.customer_id) if row.customer_id else None
        codes = [int(code) if code.isdigit() else code for code in (row.invoice, row.stock_code)]
        amounts = (float(row.quantity), row.invoice_date, float(row.unit_price))
        sheet.append([*codes, row.description, *amounts, customer, row.country])
    book.save(path)
    return path


def write_parquet(path: Path, rows: Sequence[UciRow]) -> Path:
    """As a data frame does: customers are floats because some are missing."""
    columns = {
        "InvoiceNo": [row.invoice for row in rows],
        "StockCode": [row.stock_code for row in rows],
        "Description": [row.description for row in rows],
        "Quantity": [int(row.quantity) for row in rows],
        "InvoiceDate": [row.invoice_date for row in rows],
        "UnitPrice": pa.array([float(row.unit_price) for row in rows], pa.float32()),
        "CustomerID": [float(row.customer_id) if row.customer_id else float("nan") for row in rows],
        "Country": [row.country for row in rows],
    }
    pq.write_table(pa.table(columns), path)
    return path
