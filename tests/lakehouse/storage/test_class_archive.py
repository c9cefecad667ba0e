"""The classes of one driver are kept, and the next driver takes them from there."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from lakehouse.settings import Settings
from lakehouse.storage.class_archive import archive_options
from orchestration.spark_submit import spark_environment, spark_submit_command

pytestmark = [pytest.mark.stack, pytest.mark.long]
_JOB = """
from lakehouse.settings import load_settings
from lakehouse.storage.class_archive import keep_classes
from lakehouse.storage.session import spark_session
spark = spark_session(load_settings(), "classes")
print("said:", keep_classes(spark), "/", keep_classes(spark))
"""
_TELL = "-Xlog:class+load:file={log}"


def run_driver(settings: Settings, folder: Path, number: int) -> tuple[str, int]:
    """What a driver said, and how many classes it took from the file."""
    job, log = folder / "job.py", folder / f"loaded{number}.log"
    job.write_text(_JOB, encoding="utf-8")
    options = f"{archive_options(folder / 'driver.jsa')} {_TELL.format(log=log)}"
    command = spark_submit_command(settings, str(job))
    at = next(i for i, part in enumerate(command) if part.startswith("spark.driver.extraJavaOptions="))
    command[at] = f"spark.driver.extraJavaOptions={options}"
    done = subprocess.run(
        command,
        env=spark_environment(settings),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-4_000:]
    (said,) = (line for line in done.stdout.splitlines() if line.startswith("said:"))
    return said, log.read_text(encoding="utf-8").count("shared objects file (top)")


def test_a_driver_takes_the_classes_that_the_one_before_kept(home_settings: Settings, tmp_path: Path) -> None:
    said, taken = run_driver(home_settings, tmp_path, 1)
    assert "MiB of classes kept" in said
    assert said.endswith("nothing to keep"), "once is enough"
    assert taken == 0
    said, taken = run_driver(home_settings, tmp_path, 2)
    assert said == "said: nothing to keep / nothing to keep"
    assert taken > 5_000


def test_a_file_that_is_none_does_not_keep_a_driver_from_starting(
    home_settings: Settings, tmp_path: Path
) -> None:
    (tmp_path / "driver.jsa").write_bytes(b"torn")
    said, taken = run_driver(home_settings, tmp_path, 1)
    assert said == "said: nothing to keep / nothing to keep"
    assert taken == 0
