"""How every Kafka client of the house reaches the brokers: plain, by TLS, or by TLS with a user (SASL).

Three libraries with three vocabularies, and one place that knows them: librdkafka (admin, producer, positions),
kafka-python (consumer) and Spark's source. A certificate of the broker is checked, and its name too.
"""

from __future__ import annotations

from typing import Any

from lakehouse.settings import Settings

_PASSWORD = "RETAIL_KAFKA_PASSWORD"  # noqa: S105 - the name of a variable
_LOGIN = {
    "SCRAM-SHA-512": "org.apache.kafka.common.security.scram.ScramLoginModule",
    "SCRAM-SHA-256": "org.apache.kafka.common.security.scram.ScramLoginModule",
    "PLAIN": "org.apache.kafka.common.security.plain.PlainLoginModule",
}


# What the two Python clients call it; the third reads the same settings in its own way.
_LIBRDKAFKA = ("security.protocol", "ssl.ca.location", "sasl.mechanisms", "sasl.username", "sasl.password")
_KAFKA_PYTHON = (
    "security_protocol",
    "ssl_cafile",
    "sasl_mechanism",
    "sasl_plain_username",
    "sasl_plain_password",
)


def client_config(settings: Settings) -> dict[str, Any]:
    """For librdkafka; holds the password. It logs nothing: errors are raised by us, with the remedy."""
    return {"bootstrap.servers": settings.bootstrap, "log_level": 0} | _security(settings, _LIBRDKAFKA)


def python_config(settings: Settings) -> dict[str, Any]:
    """For kafka-python; holds the password."""
    return {"bootstrap_servers": settings.bootstrap.split(",")} | _security(settings, _KAFKA_PYTHON)


def _security(settings: Settings, names: tuple[str, ...]) -> dict[str, Any]:
    """Protocol, certificates, mechanism, user and password under these names; nothing where connections are plain."""
    if settings.kafka_security == "PLAINTEXT":
        return {}
    told = [settings.kafka_security, settings.kafka_ca_file]
    if settings.kafka_security == "SASL_SSL":
        password = settings.kafka_password.get_secret_value()
        told += [settings.kafka_sasl_mechanism, settings.kafka_username, password]
    return {name: value for name, value in zip(names, told, strict=False) if value}


def spark_options(settings: Settings) -> dict[str, str]:
    """Options of Spark's Kafka source. The password is not among them: Kafka's client takes it from the environment of
    driver and executors, so that no plan, log or page of Spark can show it.
    """
    options = {"kafka.bootstrap.servers": settings.bootstrap}
    if settings.kafka_security == "PLAINTEXT":
        return options
    options["kafka.security.protocol"] = settings.kafka_security
    if settings.kafka_ca_file:
        options["kafka.ssl.truststore.type"] = "PEM"
        options["kafka.ssl.truststore.location"] = settings.kafka_ca_file
    if settings.kafka_security == "SASL_SSL":
        user = settings.kafka_username.replace("\\", "\\\\").replace('"', '\\"')
        login = _LOGIN[settings.kafka_sasl_mechanism]
        options["kafka.sasl.mechanism"] = settings.kafka_sasl_mechanism
        options["kafka.config.providers"] = "env"
        options["kafka.config.providers.env.class"] = (
            "org.apache.kafka.common.config.provider.EnvVarConfigProvider"
        )
        options["kafka.sasl.jaas.config"] = (
            f'{login} required username="{user}" password="${{env:{_PASSWORD}}}";'
        )
    return options


def kafka_environment(settings: Settings) -> dict[str, str]:
    """Environment of a driver, and of executors, that carries the password, if there is one."""
    password = settings.kafka_password.get_secret_value()
    return {_PASSWORD: password} if password else {}
