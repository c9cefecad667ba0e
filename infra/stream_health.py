"""Health of the continuous application as a container's check: exit 0 while it holds the lease of its lake.

    python -m infra.stream_health

It starts no JVM: it reads the lease, which the application renews every few seconds.
"""

from __future__ import annotations

import sys

from lakehouse.settings import load_settings
from lakehouse.storage.lake_reader import LakeUnreachable, lease_holder

WRITER = "run_medallion"


def main() -> int:
    """Say who writes the lake; returns 0 if it is the application, else 1."""
    try:
        holder = lease_holder(load_settings())
    except LakeUnreachable as error:
        print(error)
        return 1
    seen = holder.command if holder else "nobody"
    print(f"the lake is written by {seen}, expected {WRITER}")
    return int(seen != WRITER)


if __name__ == "__main__":
    sys.exit(main())
