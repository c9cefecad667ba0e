"""What can go wrong on the ground. Every message says what was seen, what was expected and what to do."""

from __future__ import annotations


class StackError(RuntimeError):
    """A local server, its jars, its Java or its folder is not as it must be; the message carries the remedy."""


class PortTaken(StackError):
    """Another program holds a port of ours: worth a retry or another port, unlike a broken set-up."""
