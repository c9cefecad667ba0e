"""What strangers and broken tills send: each record with the rules that it must be found to break, no more."""

from __future__ import annotations

from tests.lakehouse.sales_events import ABSENT, Headers, line, plain_line, receipt, totals

DEEP = b'{"id": 17, "product": ' + b"[" * 3000 + b"]" * 3000 + b"}"
NOT_TEXT = b'{"id": 17, "product": "caf' + b"\xe9" + b'"}'
FILE_SOURCE: Headers = [("source", b"file:online_retail.csv")]


def returned(**changes: object) -> dict[str, object]:
    """A good RETURN line."""
    return line(
        **({"line_type": "RETURN", "quantity": "-2", "net_amount": "-20.00", "tax": "-4.00"} | changes)
    )


REQUIRED_OF_A_LINE = {
    f"lines_{name}_required"
    for name in ("line_seq", "line_type", "product_id", "quantity", "unit_price", "net_amount")
}


def with_net(net: str) -> bytes:
    """A receipt whose one line was charged ``net`` for 2 at 10.00."""
    return receipt(lines=[line(net_amount=net)], totals=totals(net, "0", net))


NO_JSON: dict[str, tuple[bytes | None, set[str]]] = {
    "no value (tombstone)": (None, {"value_present"}),
    "empty value": (b"", {"value_present"}),
    "blank value": (b"  \n", {"json_object"}),
    "bytes that are not UTF-8": (NOT_TEXT, {"utf8_valid"}),
    "bytes of a picture": (bytes(range(128, 256)), {"utf8_valid"}),
    "cut-off object": (plain_line()[:-10], {"json_object"}),
    "two objects": (plain_line() + plain_line(id="18"), {"json_object"}),
    "two objects and a comma": (plain_line() + b"," + plain_line(id="18"), {"json_object"}),
    "rubbish after the object": (plain_line() + b" x", {"json_object"}),
    "closing bracket after the object": (plain_line() + b"]", {"json_object"}),
    "comma after the object": (plain_line() + b",", {"json_object"}),
    "brackets that close our envelope": (b'{"id":1}],"r":[{"id":2}', {"json_object"}),
    "brackets that end our envelope": (b'{"id":1}]}}{"m":{"r":[{"id":2}', {"json_object"}),
    "array of a good line": (b"[" + plain_line() + b"]", {"json_object"}),
    "empty array": (b"[]", {"json_object"}),
    "text": (b'"sale"', {"json_object"}),
    "number": (b"17", {"json_object"}),
    "JSON null": (b"null", {"json_object"}),
    "single quotes": (plain_line().replace(b'"', b"'"), {"json_object"}),
    "names without quotes": (b"{id: 17}", {"json_object"}),
    "byte order mark": (b"\xef\xbb\xbf" + plain_line(), {"json_object"}),
    "UTF-16": (plain_line().decode().encode("utf-16"), {"utf8_valid"}),
    "NaN literal": (plain_line(price="NaN"), {"json_object"}),
    "3000 brackets deep": (DEEP, {"json_object"}),
    "number of 2000 digits": (plain_line(quantity="9" * 2000), {"json_object"}),
    "value over 1 MiB": (plain_line(product='"' + "A" * 1_048_576 + '"'), {"value_size"}),
}

BAD_LINES: dict[str, tuple[bytes | None, set[str]]] = {
    "same field twice": (plain_line()[:-1] + b', "quantity": 7}', {"field_once"}),
    "same unknown field twice": (plain_line(x="1")[:-1] + b', "x": 2}', {"field_once"}),
    "empty object": (
        b"{}",
        {"id_required", "product_required", "quantity_required", "price_required", "sales_time_required"},
    ),
    "object of another trade": (
        b'{"foo": 1}',
        {"id_required", "product_required", "quantity_required", "price_required", "sales_time_required"},
    ),
    "schema_version 3": (plain_line(schema_version="3"), {"shape_known"}),
    "schema_version 0": (plain_line(schema_version="0"), {"shape_known"}),
    "schema_version 2.5": (plain_line(schema_version="2.5"), {"shape_known"}),
    "no price": (plain_line(price=ABSENT), {"price_required"}),
    "price null": (plain_line(price="null"), {"price_required"}),
    "quantity 1e30": (plain_line(quantity="1e30"), {"json_types", "quantity_required"}),
    "quantity 1e400": (plain_line(quantity="1e400"), {"json_types", "quantity_required"}),
    "quantity 1,5": (plain_line(quantity='"1,5"'), {"number_plain"}),
    "price 2,55": (plain_line(price='"2,55"'), {"number_plain"}),
    "price 2,55 with the comma escaped": (plain_line(price=r'"2\u002c55"'), {"number_plain"}),
    "quantity a word": (plain_line(quantity='"six"'), {"json_types", "quantity_required"}),
    "quantity empty": (plain_line(quantity='""'), {"json_types", "quantity_required"}),
    "quantity between blanks": (plain_line(quantity='" 5 "'), {"json_types", "quantity_required"}),
    "price 2,55 with its name escaped": (
        plain_line(price=ABSENT)[:-1] + rb', "pr\u0069ce": "2,55"}',
        {"number_plain"},
    ),
    "quantity an object": (plain_line(quantity='{"n": 6}'), {"json_types", "quantity_required"}),
    "price NaN": (plain_line(price='"NaN"'), {"json_types", "price_required"}),
    "price Infinity": (plain_line(price='"Infinity"'), {"json_types", "price_required"}),
    "price negative": (plain_line(price="-2.55"), {"price_range"}),
    "price of 5 decimals": (plain_line(price="0.12345"), {"price_digits"}),
    "quantity of 4 decimals": (plain_line(quantity="0.1234"), {"quantity_digits"}),
    "price of 15 digits before the point": (plain_line(price="123456789012345.6"), {"price_digits"}),
    "quantity of 10 digits before the point": (plain_line(quantity="1234567890"), {"quantity_digits"}),
    "amount that does not fit": (
        plain_line(quantity="999999999", price="99999999999999"),
        {"line_amount_fits"},
    ),
    "id with a fraction": (plain_line(id="1.5"), {"id_digits"}),
    "id true": (plain_line(id="true"), {"json_types", "id_required"}),
    "id a word": (plain_line(id='"A17"'), {"json_types", "id_required"}),
    "id of 20 digits": (plain_line(id="12345678901234567890"), {"id_digits"}),
    "id too large for BIGINT": (plain_line(id="9223372036854775808"), {"id_digits"}),
    "product an object": (plain_line(product='{"code": "A"}'), {"product_pattern"}),
    "product empty": (plain_line(product='""'), {"product_length", "product_pattern"}),
    "product blank": (plain_line(product='"   "'), {"product_pattern"}),
    "product of 129 letters": (plain_line(product='"' + "A" * 129 + '"'), {"product_length"}),
    "year 0001": (plain_line(sales_time='"0001-01-01T00:00:00Z"'), {"sales_time_range"}),
    "year 0000": (plain_line(sales_time='"0000-01-01T00:00:00Z"'), {"sales_time_range"}),
    "year 10000 in UTC": (plain_line(sales_time='"9999-12-31T23:59:59-05:00"'), {"sales_time_range"}),
    "31 February": (plain_line(sales_time='"2026-02-31T10:15:00Z"'), {"sales_time_form"}),
    "hour 25": (plain_line(sales_time='"2026-11-23T25:15:00Z"'), {"sales_time_form"}),
    "time of the day only": (plain_line(sales_time='"10:15:00"'), {"sales_time_form"}),
    "date without time": (plain_line(sales_time='"2026-11-23"'), {"sales_time_form"}),
    "time as epoch": (plain_line(sales_time="1795428900"), {"sales_time_form"}),
    "zone by name": (plain_line(sales_time='"2026-11-23T10:15:00 Europe/London"'), {"sales_time_form"}),
    "time in a list": (plain_line(sales_time='["2026-11-23T10:15:00Z"]'), {"sales_time_form"}),
    "401 days back": (plain_line(sales_time='"2025-10-18T10:15:00Z"'), {"business_date_window"}),
    "3 days ahead": (plain_line(sales_time='"2026-11-26T10:15:00Z"'), {"business_date_window"}),
}

BAD_RECEIPTS: dict[str, tuple[bytes | None, set[str]]] = {
    "time without offset": (receipt(occurred_at="2026-11-23T10:15:00"), {"occurred_at_form"}),
    "event_id missing": (receipt(event_id=ABSENT), {"event_id_required"}),
    "event_id of a plain line": (receipt(event_id="v1:17"), {"event_id_not_reserved"}),
    "unknown transaction type": (receipt(transaction_type="GIFT"), {"transaction_type_allowed"}),
    "currency in small letters": (receipt(currency="gbp"), {"currency_pattern"}),
    "business date 400 days and one back": (receipt(business_date="2025-10-18"), {"business_date_window"}),
    "sent in the year 10000": (receipt(produced_at="9999-12-31T23:59:59-05:00"), {"produced_at_range"}),
    "business date that does not exist": (receipt(business_date="2026-11-31"), {"business_date_form"}),
    "business date of the year 12345": (
        receipt(business_date="+12345-01-01"),
        {"business_date_form", "business_date_range"},
    ),
    "lines missing": (receipt(lines=ABSENT), {"lines_required"}),
    "lines a word": (receipt(lines="abc"), {"json_types", "lines_required"}),
    "lines an object": (receipt(lines=line()), {"json_types", "lines_required"}),
    "line null": (receipt(lines=[None]), {"lines_element_required"} | REQUIRED_OF_A_LINE),
    "line empty": (receipt(lines=[{}]), REQUIRED_OF_A_LINE),
    "line a word": (receipt(lines=["x"]), {"json_types", "lines_required"}),
    "tax a word": (receipt(lines=[line(tax="abc")]), {"json_types"}),
    "is_void maybe": (receipt(lines=[line(is_void="maybe")]), {"lines_is_void_form"}),
    "is_void 1": (receipt(lines=[line(is_void=1)]), {"lines_is_void_form"}),
    "line type unknown": (receipt(lines=[line(line_type="TIP")]), {"lines_line_type_allowed"}),
    "quantity of a line missing": (receipt(lines=[line(quantity=ABSENT)]), {"lines_quantity_required"}),
    "quantity of a line 2,0": (
        receipt(lines=[line(quantity="2,0")]),
        {"number_plain", "lines_net_amount_agrees"},
    ),
    "quantity of a line 1e30": (
        receipt(lines=[line(quantity="1e30")]),
        {"json_types", "lines_quantity_required"},
    ),
    "negative unit price on a SALE": (
        receipt(
            lines=[line(unit_price="-10.00", net_amount="-20.00")], totals=totals("-20.00", "4.00", "-16.00")
        ),
        {"lines_unit_price_not_negative"},
    ),
    "RETURN line with positive quantity": (
        receipt(lines=[line(line_type="RETURN")]),
        {"lines_return_is_negative"},
    ),
    "net_amount off by 0.0051": (with_net("20.0051"), {"lines_net_amount_agrees"}),
    "line_seq twice": (
        receipt(lines=[line(), line()], totals=totals("40.00", "8.00", "48.00")),
        {"lines_line_seq_unique"},
    ),
    "POST_VOID with lines": (receipt(transaction_type="POST_VOID"), {"lines_empty_unless_sold"}),
    "total that is not net plus tax": (
        receipt(totals=totals("20.00", "4.00", "24.01")),
        {"total_is_net_plus_tax"},
    ),
    "totals missing": (
        receipt(totals=ABSENT),
        {"totals_required"} | {f"totals_{part}_required" for part in totals("0")},
    ),
    "total missing": (receipt(totals=totals("20.00") | {"total": None}), {"totals_total_required"}),
    "tender without amount": (receipt(tenders=[{"seq": 1, "type": "CARD"}]), {"tenders_amount_required"}),
    "several faults at once": (
        receipt(currency="?", transaction_type="GIFT", lines=[line(tax="0.12345", line_type="TIP")]),
        {"currency_pattern", "transaction_type_allowed", "lines_tax_digits", "lines_line_type_allowed"},
    ),
}

GOOD: dict[str, bytes] = {
    "plain line": plain_line(),
    "id in quotes": plain_line(id='"17"'),
    "schema_version 1 in words": plain_line(schema_version="1"),
    "price with zeros at its end": plain_line(price='"0.1234000"'),
    "price with an exponent that fits": plain_line(price="255e-2"),
    "18 digits of money": plain_line(quantity="1", price="12345678901234.5678"),
    "12 digits of weight": plain_line(quantity="123456789.125", price="1"),
    "time without offset, UTC": plain_line(sales_time='"2026-11-23T10:15:00"'),
    "time with offset +05:30": plain_line(sales_time='"2026-11-23T15:45:00+05:30"'),
    "time with offset +0530": plain_line(sales_time='"2026-11-23T15:45:00+0530"'),
    "time with nanoseconds": plain_line(sales_time='"2026-11-23T10:15:00.123456789Z"'),
    "400 days back": plain_line(sales_time='"2025-10-19T10:15:00Z"'),
    "2 days ahead": plain_line(sales_time='"2026-11-25T10:15:00Z"'),
    "comma in a text": plain_line(product='"A,B"', note=r'"quantity\": \"1,5"', **{r"Stra\u00dfe": '"a, b"'}),
    "field that the contract does not know": plain_line(colour='"red"', extra='{"a": [1]}'),
    "plain line with the fields of a receipt": plain_line(
        event_id='"x"', business_date='"2020-01-01"', customer_id='"c42"', currency='"EUR"', store_id='"s1"',
        produced_at='"0000-01-01T00:00:00Z"', transaction_seq="-1",
    ),
    "receipt": receipt(),
    "receipt with the fields of a plain line": receipt(id=17, product="A", quantity="1", price="1"),
    "receipt without lines": receipt(lines=[], totals=totals("0", "0", "0"), tenders=[]),
    "receipt with only what is required": receipt(
        **dict.fromkeys(
            ("register_id", "till_session_id", "transaction_seq", "business_date", "produced_at", "operator_id",
             "customer_id", "channel", "tenders"),
            ABSENT,
        )
    ),
    "negative unit price on an ADJUSTMENT": receipt(
        transaction_type="ADJUSTMENT",
        lines=[line(unit_price="-10.00", net_amount="-20.00")],
        totals=totals("-20.00", "4.00", "-16.00"),
    ),
    "RETURN line that is negative": receipt(
        transaction_type="RETURN", lines=[returned()], totals=totals("-20.00", "-4.00", "-24.00")
    ),
    "net_amount off by half a penny": with_net("20.005"),
    "POST_VOID without lines": receipt(
        transaction_type="POST_VOID", lines=[], totals=totals("-20.00", "-4.00", "-24.00")
    ),
    "totals.net is not the sum of the lines": receipt(totals=totals("19.00", "4.00", "23.00")),
    "emoji and umlauts": receipt(lines=[line(description="Zuckerdöschen 🍬 \u0000")]),
    "customer id empty": receipt(customer_id=""),
}  # fmt: skip

REFUSED = NO_JSON | BAD_LINES | {f"receipt: {name}": case for name, case in BAD_RECEIPTS.items()}
