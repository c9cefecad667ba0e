"""Delta's log on S3 with commits that nobody can overwrite: its class is compiled when a driver starts.

Hadoop's S3 client makes a conditional PUT only when it is asked for by name, and no log store that Delta ships asks. So
there is one class of ours, eighty lines of Java beside this file, compiled by the compiler that Spark compiles its
queries with: no JDK, no build and no jar to hand around, on one machine as on a cluster.
"""

from __future__ import annotations

import zipfile
from importlib.resources import files
from pathlib import Path
from typing import Any

from pyspark import SparkFiles
from pyspark.sql import SparkSession

CLASS = "retail.ConditionalLogStore"
CONF = {"spark.delta.logStore.s3a.impl": CLASS}
_SOURCE = "ConditionalLogStore.java"


def install_log_store(spark: SparkSession) -> None:
    """Let driver and executors know the class that CONF names; before the first table is opened, any number of times."""
    jvm: Any = spark._jvm
    loader = jvm.Thread.currentThread().getContextClassLoader()
    if loader.getResource(f"{CLASS.replace('.', '/')}.class") is not None:
        return
    jar = Path(SparkFiles.getRootDirectory()) / f"{CLASS}.jar"
    with zipfile.ZipFile(jar, "w") as archive:
        for name, code in _compiled(jvm, loader).items():
            archive.writestr(f"{name.replace('.', '/')}.class", code)
    loader.addURL(jvm.java.io.File(str(jar)).toURI().toURL())
    if not str(spark.sparkContext.master).startswith("local"):
        spark._jsc.sc().addJar(str(jar))  # VACUUM lists folders on executors, by the same class


def _compiled(jvm: Any, loader: Any) -> dict[str, bytes]:
    """Byte code by class name."""
    compiler = jvm.org.codehaus.janino.SimpleCompiler()
    compiler.setParentClassLoader(loader)
    compiler.cook(files(__package__).joinpath(_SOURCE).read_text(encoding="utf-8"))
    return {str(name): bytes(code) for name, code in dict(compiler.getBytecodes()).items()}
