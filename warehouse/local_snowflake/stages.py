"""Stage references: ``@db.schema.stage/path`` as an address."""

from __future__ import annotations

import re

from warehouse.local_snowflake.catalogue import Catalogue
from warehouse.local_snowflake.errors import compilation_error, not_known_here
from warehouse.local_snowflake.sessions import Session

_REFERENCE = re.compile(r'@(?P<stage>(?:"[^"]+"|[\w$]+)(?:\.(?:"[^"]+"|[\w$]+)){0,2})(?P<path>/\S*)?$')


def stage_url(catalogue: Catalogue, session: Session, reference: str) -> str:
    """Address of a place in a stage, ending in a slash. Only external stages are known here."""
    found = _REFERENCE.match(reference.strip("'"))
    if found is None:
        raise compilation_error(
            f"invalid stage reference {reference!r}; expected @schema.stage/path/", 1011, "42601"
        )
    url = catalogue.find(session, "STAGE", found["stage"]).options.get("URL")
    if not url:
        raise not_known_here("an internal stage")
    return f"{url.rstrip('/')}/{(found['path'] or '').strip('/')}".rstrip("/") + "/"
