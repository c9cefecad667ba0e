"""A workspace of Fabric as far as publishing asks for it: items are listed, created and replaced over real HTTP.

Paths and answers are those of learn.microsoft.com/rest/api/fabric/core/items. Anything else is answered 404 and remembered.
"""

from __future__ import annotations

import base64
import json
import re
import threading
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

WORKSPACE = "11111111-2222-3333-4444-555555555555"
Json = dict[str, Any]


class Workspace:
    """What stands in the workspace and what was asked of it."""

    def __init__(self) -> None:
        self.items: list[Json] = []
        self.files: dict[str, dict[str, str]] = {}
        self.asked: list[str] = []
        self.unknown: list[str] = []
        self.token = ""
        self.address = ""

    def add(self, kind: str, name: str) -> str:
        """An item that stands there already."""
        made = {"id": str(uuid.uuid4()), "type": kind, "displayName": name, "description": ""}
        self.items.append(made)
        return str(made["id"])

    def answer(self, method: str, path: str, body: Json) -> tuple[int, Json]:
        """Status and body of an answer."""
        self.asked.append(f"{method} {path}")
        home = f"/v1/workspaces/{WORKSPACE}"
        update = re.fullmatch(rf"{home}/items/([0-9a-f-]+)/updateDefinition", path)
        if (method, path) == ("GET", home):
            return 200, {"id": WORKSPACE, "displayName": "Shop", "capacityId": str(uuid.uuid4())}
        if (method, path) in (("GET", f"{home}/folders"), ("GET", "/v1/connections")):
            return 200, {"value": []}
        if (method, path) == ("GET", f"{home}/items"):
            return 200, {"value": self.items}
        if (method, path) == ("POST", f"{home}/items"):
            identity = self.add(body["type"], body["displayName"])
            self._keep(identity, body)
            return 201, {"id": identity}
        if method == "POST" and update:
            self._keep(update[1], body)
            return 200, {}
        self.unknown.append(f"{method} {path}")
        return 404, {"errorCode": "NotFound", "message": path}

    def _keep(self, identity: str, body: Json) -> None:
        self.files[identity] = {
            part["path"]: base64.b64decode(part["payload"]).decode() for part in body["definition"]["parts"]
        }


@contextmanager
def running(workspace: Workspace) -> Iterator[Workspace]:
    """The workspace at an address of its own."""

    class Handler(BaseHTTPRequestHandler):
        """Reads JSON, answers JSON."""

        def _serve(self) -> None:
            size = int(self.headers.get("Content-Length") or 0)
            body = json.loads(self.rfile.read(size) or b"{}")
            workspace.token = self.headers.get("Authorization", "")
            path = self.path.partition("?")[0]
            status, told = workspace.answer(self.command, path, body if isinstance(body, dict) else {})
            text = json.dumps(told).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(text)))
            self.end_headers()
            self.wfile.write(text)

        def __getattr__(self, name: str) -> Any:
            """Every method (``do_GET``, ``do_POST``, …) is served alike."""
            if name.startswith("do_"):
                return self._serve
            raise AttributeError(name)

        def log_message(self, *_: Any) -> None:
            """Be silent."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    workspace.address = f"http://127.0.0.1:{server.server_port}"
    try:
        yield workspace
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
