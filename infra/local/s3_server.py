"""The local S3 server: s3proxy over a folder, on the loopback address only, with credentials of its own."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from infra.local.java import JavaRuntime
from infra.local.java_properties import render_properties

_LOGBACK = Path(__file__).with_name("s3_logback.xml")


@dataclass(frozen=True)
class S3Keys:
    """The one key pair that the server accepts."""

    access: str
    secret: str

    def __repr__(self) -> str:
        return f"S3Keys(access={self.access!r}, secret=***)"


def server_properties(folder: Path, port: int, keys: S3Keys) -> str:
    """``s3proxy.properties``; holds the secret key, so the file must be readable by its owner only."""
    return render_properties(
        {
            "s3proxy.endpoint": f"http://127.0.0.1:{port}",
            "s3proxy.authorization": "aws-v2-or-v4",
            "s3proxy.identity": keys.access,
            "s3proxy.credential": keys.secret,
            "jclouds.provider": "filesystem-nio2",
            "jclouds.filesystem.basedir": str(data_folder(folder)),
            # Asked for by the storage layer, which has no use for them on a folder.
            "jclouds.identity": "unused",
            "jclouds.credential": "unused",
        }
    )


def run_command(java: JavaRuntime, jars: Path, properties: Path) -> tuple[str, ...]:
    """Command line of the server; it carries no secret, because anyone on the machine can read it."""
    return (
        str(java.binary),
        *("-Xms64m", "-Xmx384m", "-XX:+ExitOnOutOfMemoryError"),
        f"-Dlogback.configurationFile={_LOGBACK}",
        *("-cp", f"{jars}/*"),
        "org.gaul.s3proxy.Main",
        *("--properties", str(properties)),
    )


def data_folder(folder: Path) -> Path:
    """Where the objects lie: one folder per bucket."""
    return folder / "data"
