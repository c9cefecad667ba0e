"""Snowflake's wire protocol, as far as its drivers use it: login, queries, heartbeat; errors at once, never HTTP 500."""

from __future__ import annotations

import gzip
import json
import logging
import secrets
import time
from collections.abc import Awaitable, Callable
from typing import Any

from fakesnow.converter import from_binding
from fakesnow.expr import normalise_ident
from fakesnow.transforms import SERVER_VERSION
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from warehouse.local_snowflake.answers import Answer
from warehouse.local_snowflake.engine import Engine
from warehouse.local_snowflake.errors import SnowflakeError, as_snowflake_error, not_known_here
from warehouse.local_snowflake.sessions import Session

_IDLE_SECONDS = 4 * 3600.0  # as long as a session of Snowflake lives unasked
_log = logging.getLogger(__name__)
Json = dict[str, Any]


class Wire:
    """The routes over one engine. The password is the only thing that is asked of a client."""

    def __init__(self, engine: Engine, password: str) -> None:
        self._engine, self._password = engine, password
        self._sessions: dict[str, Session] = {}

    def app(self) -> Starlette:
        """The ASGI application."""
        routes = {
            "/session/v1/login-request": self._login,
            "/session/token-request": self._renew,
            "/session": self._session,
            "/session/heartbeat": self._session,
            "/queries/v1/query-request": self._query,
            "/queries/v1/abort-request": _nothing,
            "/telemetry/send": _nothing,
        }
        return Starlette(
            routes=[
                *(Route(path, _answering(route), methods=["POST"]) for path, route in routes.items()),
                Route("/health", _answering(_nothing), methods=["GET"]),
            ]
        )

    async def _login(self, request: Request) -> Json:
        data = (await _body(request))["data"]
        if data.get("AUTHENTICATOR", "SNOWFLAKE").upper() not in ("SNOWFLAKE", "USERNAME_PASSWORD_MFA"):
            raise SnowflakeError(
                f"the local Snowflake knows a password only, not {data['AUTHENTICATOR']}", 390101, "08004"
            )
        if not secrets.compare_digest(str(data.get("PASSWORD", "")).encode(), self._password.encode()):
            raise SnowflakeError("Incorrect username or password was specified.", 390100, "08004")
        asked = {
            name: request.query_params.get(name)
            for name in ("databaseName", "schemaName", "warehouse", "roleName")
        }
        database, schema = (
            name and normalise_ident(name) for name in (asked["databaseName"], asked["schemaName"])
        )
        token = secrets.token_urlsafe(32)
        session = await run_in_threadpool(self._engine.login, database, schema)
        session.user, session.role = str(data.get("LOGIN_NAME", "")).upper(), asked["roleName"] or "PUBLIC"
        session.warehouse = asked["warehouse"]
        self._sessions[token] = session
        self._forget_idle()
        _log.info("login of %s, database %s", data.get("LOGIN_NAME"), database)
        return {
            **_tokens(token),
            "sessionId": len(self._sessions),
            "displayUserName": data.get("LOGIN_NAME"),
            "serverVersion": SERVER_VERSION,
            "firstLogin": False,
            "healthCheckInterval": 45,
            "parameters": [
                {"name": "AUTOCOMMIT", "value": True},
                {"name": "CLIENT_SESSION_KEEP_ALIVE_HEARTBEAT_FREQUENCY", "value": 3600},
                {"name": "CLIENT_STAGE_ARRAY_BINDING_THRESHOLD", "value": 0},  # arrays come inline, not by PUT
            ],
            "sessionInfo": {"databaseName": database, "schemaName": schema,
                            "warehouseName": asked["warehouse"], "roleName": asked["roleName"]},
        }  # fmt: skip

    async def _renew(self, request: Request) -> Json:
        token, _ = self._known(request)
        return {"sessionToken": token, "validityInSecondsST": 3600, **_tokens(token)}

    async def _session(self, request: Request) -> Json | None:
        token, session = self._known(request)
        session.used_at = time.monotonic()
        if request.query_params.get("delete"):
            await run_in_threadpool(_close, self._sessions.pop(token))
        return None

    async def _query(self, request: Request) -> Json:
        _, session = self._known(request)
        body = await _body(request)
        session.used_at = time.monotonic()
        rows = await run_in_threadpool(lambda: self._answer(session, body).wire())
        return {
            **rows,
            "finalDatabaseName": session.fake.database,
            "finalSchemaName": session.fake.schema,
        }

    def _answer(self, session: Session, body: Json) -> Answer:
        sql, bindings = body["sqlText"], body.get("bindings") or {}
        if body.get("describeOnly") and (described := self._engine.describe(session, sql)):
            return described
        if any(not name.isdigit() or isinstance(bound["value"], list) for name, bound in bindings.items()):
            raise not_known_here("a named or array binding")
        values = tuple(from_binding(bindings[str(at)]) for at in range(1, len(bindings) + 1))
        return self._engine.execute(session, sql, values or None)

    def _known(self, request: Request) -> tuple[str, Session]:
        token = request.headers.get("Authorization", "")[len('Snowflake Token="') : -1]
        if token not in self._sessions:
            raise SnowflakeError(
                "Session no longer exists.  New login required to access the service.", 390111, "08001"
            )
        return token, self._sessions[token]

    def _forget_idle(self) -> None:
        now = time.monotonic()
        for token in [t for t, s in self._sessions.items() if now - s.used_at > _IDLE_SECONDS]:
            _close(self._sessions.pop(token))


def _answering(
    route: Callable[[Request], Awaitable[Json | None]],
) -> Callable[[Request], Awaitable[JSONResponse]]:
    """Wrap data and errors as drivers read them."""

    async def respond(request: Request) -> JSONResponse:
        try:
            return JSONResponse(
                {"data": await route(request), "code": None, "message": None, "success": True}
            )
        except Exception as error:  # noqa: BLE001 - an HTTP 500 would be tried again for minutes
            told = as_snowflake_error(error)
            code = f"{told.code:06d}"
            _log.info("refused: %s %s", code, told.message.splitlines()[-1])
            data = {"errorCode": code, "sqlState": told.state}
            return JSONResponse({"data": data, "code": code, "message": told.message, "success": False})

    return respond


async def _nothing(_: Request) -> None:
    return None


async def _body(request: Request) -> Json:
    raw = await request.body()
    is_packed = request.headers.get("Content-Encoding") == "gzip"
    read: Json = json.loads(gzip.decompress(raw) if is_packed else raw)
    return read


def _tokens(token: str) -> Json:
    seconds = {"validityInSeconds": 3600, "masterValidityInSeconds": 14400, "validityInSecondsMT": 14400}
    return {"token": token, "masterToken": token, **seconds}  # connector 5.x insists on masterToken


def _close(session: Session) -> None:
    with session.lock:
        session.fake.close()
