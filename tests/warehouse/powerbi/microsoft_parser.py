"""Microsoft's own TMDL parser, from the npm package of the Power BI modelling server, spoken to over its pipe.

The package is a preview for development and testing: it is fetched by npm at test time and never part of the project.
"""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any


class MicrosoftParser:
    """One running server. Speaks the Model Context Protocol: one JSON object a line."""

    def __init__(self, program: Path) -> None:
        self._server = subprocess.Popen(
            [str(program), "--readonly"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )
        self._last = 0
        hello = {
            "protocolVersion": "2025-03-26",
            "capabilities": {},
            "clientInfo": {"name": "tests", "version": "1"},
        }
        self._ask("initialize", hello)
        self._send({"jsonrpc": "2.0", "method": "notifications/initialized"})

    def close(self) -> None:
        """End the server."""
        self._server.terminate()
        self._server.wait(timeout=10)
        for pipe in (self._server.stdin, self._server.stdout):
            assert pipe is not None
            pipe.close()

    def fault(self, definition: Path) -> str:
        """What the parser says against the folder; empty when it can be opened."""
        answer = self._tool("connection_operations", operation="ConnectFolder", folderPath=str(definition))
        message = str(json.loads(answer[0])["message"])
        return "" if "Successfully" in message else message

    def model(self) -> dict[str, Any]:
        """The model that was opened last, as TMSL."""
        options = {"tmslOperationType": "CreateOrReplace", "maxReturnCharacters": -1}
        for text in self._tool("database_operations", operation="ExportTMSL", tmslExportOptions=options):
            found = _script(text)
            if found:
                model: dict[str, Any] = found["createOrReplace"]["database"]["model"]
                return model
        raise AssertionError("the parser returned no TMSL")

    def _tool(self, tool: str, **request: Any) -> list[str]:
        result = self._ask("tools/call", {"name": tool, "arguments": {"request": request}})
        return [part.get("text") or part.get("resource", {}).get("text", "") for part in result["content"]]

    def _ask(self, method: str, parameters: dict[str, Any]) -> Any:
        self._last += 1
        self._send({"jsonrpc": "2.0", "id": self._last, "method": method, "params": parameters})
        assert self._server.stdout is not None
        for line in self._server.stdout:
            answer = json.loads(line)
            if answer.get("id") == self._last:
                assert "result" in answer, answer
                return answer["result"]
        raise AssertionError(f"the parser ended before it answered {method}")

    def _send(self, message: dict[str, Any]) -> None:
        assert self._server.stdin is not None
        self._server.stdin.write(json.dumps(message).encode() + b"\n")
        self._server.stdin.flush()


def _script(text: str) -> dict[str, Any]:
    """The TMSL in one part of an answer, wherever it was put; empty when the part holds none."""
    try:
        found = json.loads(text)
    except ValueError:
        return {}
    inside = found.get("data") or {}
    for candidate in (found, inside, *(inside.get(name) for name in ("tmsl", "tmslContent", "content"))):
        script = json.loads(candidate) if isinstance(candidate, str) else candidate
        if isinstance(script, dict) and "createOrReplace" in script:
            return script
    return {}
