"""The events of a run as files: one JSON object a line and one file a topic, in sending order, repeats included.

So what gold must hold can be computed from files alone. Broken records are no events: ``broken.json`` names them.
"""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

from ingestion.simulator.week import Week

BROKEN_FILE = "broken.json"


def write_event_files(week: Week, folder: Path, limit: int | None = None) -> Counter[str]:
    """Write the first ``limit`` messages; returns how many went to each file. Earlier files there are replaced."""
    folder.mkdir(parents=True, exist_ok=True)
    lines: dict[str, list[bytes]] = {}
    broken: dict[str, str] = {}
    for message in week.messages[:limit]:
        kind = week.faults.corrupted.get(message.event_id)
        if kind is None and message.value is not None:
            lines.setdefault(message.topic, []).append(message.value)
        elif kind is not None:
            broken[message.event_id] = kind
    for topic, values in lines.items():
        (folder / f"{topic}.jsonl").write_bytes(b"\n".join(values) + b"\n")
    (folder / BROKEN_FILE).write_text(json.dumps(broken, indent=1) + "\n", encoding="utf-8")
    return Counter({**{topic: len(values) for topic, values in lines.items()}, "broken": len(broken)})
