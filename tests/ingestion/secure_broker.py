"""A broker of its own that asks for TLS and a user: SASL/SCRAM, with a certificate made for the test."""

from __future__ import annotations

import datetime as dt
import ipaddress
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import NameOID

from infra.local.jars import jar_folder
from infra.local.java import find_java
from infra.local.kafka_broker import format_command, run_command, server_properties
from ingestion.broker import require_broker

USER = "till 7"


@contextmanager
def secure_broker(folder: Path, ports: int, password: str, host: str = "127.0.0.1") -> Iterator[str]:
    """``host:port`` of the listener with TLS. ``ports``: the first of three; ``host``: whom the certificate names."""
    _certificate(folder, host)
    port = ports + 2
    more = {
        "listeners": f"PLAINTEXT://127.0.0.1:{ports},SASL_SSL://127.0.0.1:{port},CONTROLLER://127.0.0.1:{ports + 1}",
        "advertised.listeners": f"PLAINTEXT://127.0.0.1:{ports},SASL_SSL://127.0.0.1:{port}",
        "listener.security.protocol.map": "CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT,SASL_SSL:SASL_SSL",
        "sasl.enabled.mechanisms": "SCRAM-SHA-512",
        "listener.name.sasl_ssl.scram-sha-512.sasl.jaas.config": (
            "org.apache.kafka.common.security.scram.ScramLoginModule required;"
        ),
        "ssl.keystore.type": "PEM",
        "ssl.keystore.location": str(folder / "broker.pem"),
    }
    properties = folder / "server.properties"
    kept = [
        line
        for line in server_properties(folder, ports).splitlines()
        if line.partition("=")[0].replace("\\", "") not in more
    ]
    properties.write_text("\n".join([*kept, *(f"{name}={value}" for name, value in more.items())]) + "\n")
    java, jars = find_java(), jar_folder("kafka")
    scram = ("--add-scram", f'SCRAM-SHA-512=[name="{USER}",password="{password}"]')
    subprocess.run([*format_command(java, jars, properties), *scram], check=True, capture_output=True)
    with (
        (folder / "broker.log").open("w") as log,
        subprocess.Popen(run_command(java, jars, properties), stdout=log, stderr=log) as process,
    ):
        try:
            require_broker(f"127.0.0.1:{port}", 60)
            yield f"127.0.0.1:{port}"
        finally:
            process.terminate()


def _certificate(folder: Path, host: str) -> None:
    """``ca.pem``, and ``broker.pem`` with key and certificate of the host."""
    now, day = dt.datetime.now(dt.UTC), dt.timedelta(days=1)
    ca_key, key = (rsa.generate_private_key(public_exponent=65537, key_size=2048) for _ in range(2))
    issuer = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "test")])

    def builder(name: x509.Name, of: rsa.RSAPrivateKey) -> x509.CertificateBuilder:
        made = x509.CertificateBuilder().subject_name(name).issuer_name(issuer).public_key(of.public_key())
        made = made.serial_number(x509.random_serial_number())
        return made.not_valid_before(now - day).not_valid_after(now + day)

    is_ca = x509.BasicConstraints(ca=True, path_length=0)
    ca = builder(issuer, ca_key).add_extension(is_ca, critical=True).sign(ca_key, hashes.SHA256())
    names = x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address(host))])
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, host)])
    own = builder(subject, key).add_extension(names, critical=False).sign(ca_key, hashes.SHA256())
    secret = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    (folder / "ca.pem").write_bytes(ca.public_bytes(serialization.Encoding.PEM))
    (folder / "broker.pem").write_bytes(secret + own.public_bytes(serialization.Encoding.PEM))
