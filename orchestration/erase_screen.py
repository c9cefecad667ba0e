"""A certificate of erasure for people."""

from __future__ import annotations

from rich.console import Group, RenderableType
from rich.text import Text

from orchestration.screens import table
from orchestration.summary import Json


def certificate_screen(found: Json) -> RenderableType:
    """What was searched, what named the customer before, and what is left to do."""
    searched = table("files of", "read", title="Searched", right=("read",))
    for sort, count in sorted(found["searched_files"].items()):
        searched.add_row(sort, f"{count:,}")
    before = table(
        "table", "column", "named the customer by", "values", title="Found before", right=("values",)
    )
    counts: dict[tuple[str, str, str], int] = {}
    for each in found.get("found_before", ()):
        row = (each["table"] or each["file"], each["column"], ", ".join(each["kinds"]))
        counts[row] = counts.get(row, 0) + each["count"]
    for row, count in sorted(counts.items()):
        before.add_row(*row, f"{count:,}")
    kafka = found["kafka"]
    left = ", ".join(f"{count:,} in {topic}" for topic, count in kafka["records"].items()) or "nothing"
    told = [
        f"{found['state']}: looked for {', '.join(found['searched_for'])}; found in no file and no served table",
        f"Kafka holds {left}; it has let go by {kafka['expires_at'][:19]}Z",
        *([f"close it then: {kafka['closed_by']}"] if kafka["closed_by"] else []),
        f"certificate {found['certificate']}",
    ]
    shown: list[RenderableType] = [searched, *([before] if counts else []), Text("\n".join(told))]
    return Group(*shown)
