"""The classes of a driver as its JVM has loaded them, kept in a file, so that the next driver need not load them anew.

This is the JVM's class data sharing: JEP 350, made while the driver runs (`jcmd VM.cds dynamic_dump`, Java 17) instead of
at its end, for a driver may end by a kill. A JVM that does not fit the file (other jars, other Java) does without it.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

_PROPERTY = "retail.class.archive"
_QUIET = "-Xlog:cds=off -Xlog:cds+dynamic=off"  # a thousand lines on classes that cannot be kept


def archive_options(file: Path) -> str:
    """JVM options of a driver: use the file; or while there is none, be able to make it."""
    if file.exists():
        return f"-XX:SharedArchiveFile={file} {_QUIET}"
    return f"-XX:+RecordDynamicDumpInfo -D{_PROPERTY}={file} {_QUIET}"


def keep_classes(spark: Any) -> str:
    """Make the file that the options ask for, once; the JVM stands still for some seconds. Says what was done.

    ``spark``: the session. Commands that only name the options must not load Spark, so this module does not either.
    """
    jvm: Any = spark._jvm
    wanted = jvm.System.getProperty(_PROPERTY)
    if not wanted or Path(wanted).exists():
        return "nothing to keep"
    draft = f"{wanted}.{os.getpid()}"
    try:
        _dump(spark, draft)
        Path(draft).replace(wanted)
    finally:
        Path(draft).unlink(missing_ok=True)
    return f"{Path(wanted).stat().st_size / 2**20:.0f} MiB of classes kept in {wanted}"


def _dump(spark: Any, file: str) -> None:
    gateway = spark.sparkContext._gateway
    jvm = gateway.jvm

    def array(kind: Any, *values: Any) -> Any:
        made = gateway.new_array(kind, len(values))
        for place, value in enumerate(values):
            made[place] = value
        return made

    command = array(jvm.Object, array(jvm.String, "dynamic_dump", file))
    beans = jvm.java.lang.management.ManagementFactory.getPlatformMBeanServer()
    name = jvm.javax.management.ObjectName("com.sun.management:type=DiagnosticCommand")
    asked = array(jvm.Object, name, "vmCds", command, array(jvm.String, "[Ljava.lang.String;"))
    # By its interface: the class behind it is of a module that lets nobody in.
    methods = jvm.java.lang.Class.forName("javax.management.MBeanServer").getMethods()
    invoke = next(each for each in methods if each.getName() == "invoke")
    said = str(invoke.invoke(beans, asked))
    if not Path(file).exists():
        raise OSError(f"the JVM kept no classes in {file}: {said.strip()}")
