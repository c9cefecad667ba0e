"""TCP ports on this machine: whether one answers, who holds it, and what to do about that."""

from __future__ import annotations

import socket
from dataclasses import dataclass

import psutil

from infra.local.errors import PortTaken
from infra.local.processes import mark_of


@dataclass(frozen=True)
class PortHolder:
    """Who listens on a port. ``home`` is the RETAIL_HOME it serves if it is a child of ours, else empty."""

    pid: int
    command: str
    home: str


def port_answers(port: int, host: str = "127.0.0.1") -> bool:
    """Whether something accepts connections. Cheap and silent, unlike a Kafka client without a broker."""
    try:
        with socket.create_connection((host, port), timeout=1.0):
            return True
    except OSError:
        return False


def is_free(port: int) -> bool:
    """Whether a server could listen on this port of the loopback address now."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(
            socket.SOL_SOCKET, socket.SO_REUSEADDR, 1
        )  # as Java does: closed connections may linger
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def find_holder(port: int) -> PortHolder | None:
    """The process that listens on a port; None if nobody does or it belongs to another user."""
    for process in psutil.process_iter():
        try:
            connections = process.net_connections("tcp")
            if any(c.status == psutil.CONN_LISTEN and c.laddr.port == port for c in connections):
                # Marks are "<home>/run/<name>".
                home = (mark_of(process) or "").rpartition("/run/")[0]
                return PortHolder(process.pid, " ".join(process.cmdline()) or process.name(), home)
        except psutil.Error:
            continue
    return None


def need_port(port: int, what: str, setting: str) -> None:
    """Raise PortTaken unless ``port`` is free; the message names who holds it and the setting that moves ours."""
    if port > 65535:
        raise PortTaken(f"port {port} for {what} does not exist, the last is 65535; set {setting} lower")
    if not is_free(port):
        raise PortTaken(taken_message(port, what, setting, find_holder(port)))


def taken_message(port: int, what: str, setting: str, holder: PortHolder | None) -> str:
    """Who holds the port and both ways out."""
    if holder is None:
        who, way = "a process of another user", "stop it"
    elif holder.home:
        who = f"process {holder.pid}, of the stack under {holder.home}"
        way = f"stop that with `RETAIL_HOME={holder.home} retail down`"
    else:
        who, way = f"process {holder.pid} ({_shortened(holder.command)})", "stop it"
    return f"port {port} for {what} is taken by {who}; {way} or set {setting} to another port"


def _shortened(command: str, most: int = 120) -> str:
    return command if len(command) <= most else f"{command[: most - 1]}…"
