"""A real YARN from Hadoop's own jars: ResourceManager and NodeManager on this machine, files instead of HDFS."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from infra.local.jars import jar_folder
from infra.local.java import find_java
from lakehouse.settings import Settings
from tests.conftest import free_port
from tests.journey.cluster_nodes import Cluster, cluster_environment, driver_environment, page, running

# What containers may take from the environment of the NodeManager: the way in which secrets reach executors.
INHERITED = (
    *("JAVA_HOME", "PATH", "PYSPARK_PYTHON", "SPARK_LOCAL_IP"),
    *("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_REGION"),
    *("RETAIL_KAFKA_PASSWORD", "RETAIL_CUSTOMER_SECRET"),
)
_MEMORY = "-Xmx300m"


@contextmanager
def yarn(settings: Settings, folder: Path) -> Iterator[Cluster]:
    """A running YARN with room for a driver and two executors; the folder keeps its logs and those of containers.

    Its NodeManager knows the secret of pseudonyms too, so that a driver may run in a container (deploy mode cluster).
    """
    secret = settings.customer_secret.get_secret_value()
    environment = cluster_environment(settings) | {"RETAIL_CUSTOMER_SECRET": secret}
    spark_jars = Path(environment["SPARK_HOME"]) / "jars"
    shown = free_port()
    conf = _configuration(folder, shown)
    # Hadoop's client jars are the same that Spark brings.
    classes = [
        str(conf),
        f"{jar_folder('yarn')}/*",
        *map(str, sorted(spark_jars.glob("hadoop-client-*.jar"))),
    ]
    java = [str(find_java().binary), _MEMORY, "-cp", ":".join(classes)]
    server = "org.apache.hadoop.yarn.server"
    commands = {
        "resourcemanager": [*java, f"{server}.resourcemanager.ResourceManager"],
        "nodemanager": [*java, f"{server}.nodemanager.NodeManager"],
    }
    spark = {
        "spark.yarn.jars": f"local:{spark_jars}/*",  # else each submit uploads 300 MB
        "spark.yarn.stagingDir": f"file://{folder}/staging",
        "spark.yarn.am.memory": "512m",
        "spark.yarn.appMasterEnv.PYSPARK_PYTHON": environment["PYSPARK_PYTHON"],
    }
    driver = driver_environment(settings, folder, spark) | {"HADOOP_CONF_DIR": str(conf)}

    def is_up() -> bool:
        told = page(f"http://127.0.0.1:{shown}/ws/v1/cluster/metrics")
        return bool(told.get("clusterMetrics", {}).get("activeNodes") == 1)

    with running(commands, folder, environment | {"HADOOP_CONF_DIR": str(conf)}, is_up):
        yield Cluster("yarn", folder, driver)


def _configuration(folder: Path, shown: int) -> Path:
    """The files that servers and clients read."""
    conf = folder / "conf"
    conf.mkdir(parents=True)
    _write(conf / "core-site.xml", {"fs.defaultFS": "file:///", "hadoop.tmp.dir": str(folder / "hadoop")})
    resource_manager = ("address", "scheduler.address", "resource-tracker.address", "admin.address")
    node_manager = ("address", "localizer.address", "collector-service.address")
    ports = {f"yarn.resourcemanager.{name}": free_port() for name in resource_manager}
    ports |= {f"yarn.nodemanager.{name}": free_port() for name in (*node_manager, "webapp.address")}
    ports["yarn.resourcemanager.webapp.address"] = shown
    site = {
        "yarn.resourcemanager.hostname": "127.0.0.1",
        "yarn.nodemanager.hostname": "127.0.0.1",
        **{name: f"127.0.0.1:{port}" for name, port in ports.items()},
        "yarn.resourcemanager.scheduler.class": "org.apache.hadoop.yarn.server.resourcemanager.scheduler.capacity.CapacityScheduler",
        "yarn.nodemanager.resource.memory-mb": "7168",
        "yarn.nodemanager.resource.cpu-vcores": "4",
        "yarn.scheduler.minimum-allocation-mb": "256",
        "yarn.nodemanager.vmem-check-enabled": "false",
        "yarn.nodemanager.local-dirs": str(folder / "local"),
        "yarn.nodemanager.log-dirs": str(folder / "logs"),
        "yarn.nodemanager.disk-health-checker.max-disk-utilization-per-disk-percentage": "99.5",
        "yarn.nodemanager.env-whitelist": ",".join(INHERITED),
        # Else the script that starts a container, which holds what it inherits, is copied beside the container's log.
        "yarn.nodemanager.log-container-debug-info.enabled": "false",
    }
    _write(conf / "yarn-site.xml", site)
    root = "yarn.scheduler.capacity"
    _write(
        conf / "capacity-scheduler.xml",
        {
            f"{root}.root.queues": "default",
            f"{root}.root.default.capacity": "100",
            f"{root}.maximum-am-resource-percent": "0.5",
        },
    )
    log = ("log4j.rootLogger=WARN,console", "log4j.appender.console=org.apache.log4j.ConsoleAppender")
    layout = ("layout=org.apache.log4j.PatternLayout", "layout.ConversionPattern=%d{ISO8601} %p %c: %m%n")
    text = "\n".join((*log, *(f"log4j.appender.console.{line}" for line in layout)))
    (conf / "log4j.properties").write_text(text + "\n")
    return conf


def _write(path: Path, values: Mapping[str, str]) -> None:
    lines = [
        f"<property><name>{name}</name><value>{value}</value></property>" for name, value in values.items()
    ]
    path.write_text("<configuration>\n" + "\n".join(lines) + "\n</configuration>\n")
