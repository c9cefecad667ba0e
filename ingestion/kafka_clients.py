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


def client_config(settings: Settings) -> dict[str, Any]:
    """For librdkafka; holds the password. It logs nothing: errors are raised by us, with the remedy."""
    config: dict[str, Any] = {"bootstrap.servers": settings.bootstrap, "log_level": 0}
    if settings.kafka_security == "PLAINTEXT":
        return config
    config["security.protocol"] = settings.kafka_security
    if settings.kafka_ca_file:
        config["ssl.ca.location"] = settings.kafka_ca_file
    if settings.kafka_security == "SASL_SSL":
        config["sasl.mechanisms"] = settings.kafka_sasl_mechanism
        config["sasl.username"] = settings.kafka_username
        config["sasl.password"] = settings.kafka_password.get_secret_value()
    return config


def python_config(settings: Settings) -> dict[str, Any]:
    """For kafka-python; holds the password."""
    config: dict[str, Any] = {
        "bootstrap_servers": settings.bootstrap.split(","),
        "security_protocol": settings.kafka_security,
    }
    if settings.kafka_ca_file:
        config["ssl_cafile"] = settings.kafka_ca_file
    if settings.kafka_security == "SASL_SSL":
        config["sasl_mechanism"] = settings.kafka_sasl_mechanism
        config["sasl_plain_username"] = settings.kafka_username
        config["sasl_plain_password"] = settings.kafka_password.get_secret_value()
    return config


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
