"""Checks of one Python file each: a check takes a Source and returns its faults, none = good.

The numbers in the docstrings are those of the twelve rules in CONTRIBUTING.md.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from tests.house.sources import ROOMS, Source, dotted

MOST_LINES = 400
MOST_FUNCTION_LINES = 60
NAMELESS = {"utils", "util", "helpers", "helper", "common", "base", "manager", "managers", "misc"}

# Who else may read the environment, and why. Everybody else takes a Settings object.
MAY_READ_ENVIRONMENT = {
    "lakehouse/settings.py": "the one entry",
    "infra/local/child_environment.py": "a child gets the machine's environment and what we add to it",
    "infra/local/java.py": "JAVA_HOME and PATH belong to the machine",
    "lakehouse/storage/session.py": "pyspark's launcher takes SPARK_HOME and PYSPARK_PYTHON from nowhere else",
}

_EDGES = {"read", "readStream", "write", "writeStream", "writeTo", "collect", "toPandas", "toLocalIterator",
          "foreachPartition", "foreachBatch", "show"}  # fmt: skip
_CLOCKS = {"current_timestamp", "current_date", "localtimestamp", "unix_timestamp"}
_NOW = re.compile(r"(?:^|\.)(?:datetime\.(?:now|utcnow|today)|date\.today|time\.(?:time|monotonic))$")
_SQL_CLOCK = re.compile(r"\b(current_timestamp|current_date|localtimestamp|now\s*\()", re.IGNORECASE)
_SESSIONS = {"getActiveSession", "DeltaTable", "boto3", "open"}
LEAST_DOCSTRING = 5
_IMPORT_TIME = re.compile(
    r"(?:^|\.)(?:open|print|SparkSession|getOrCreate|getActiveSession|load_settings|retail_home|connect|"
    r"Producer|Consumer|AdminClient|KafkaProducer|KafkaConsumer|DeltaTable|read_text|read_bytes|cwd|getenv|"
    r"boto3\.\w+|subprocess\.\w+|socket\.\w+|requests\.\w+|datetime\.now|date\.today|time\.time)$"
    r"|(?:^|\.)environ\b"
)

Function = ast.FunctionDef | ast.AsyncFunctionDef


def impurity(source: Source) -> list[str]:
    """Rule 2: silver, gold and rules open no session and read no path, clock or environment."""
    faults = []
    for node in ast.walk(source.tree):
        name = dotted(node)
        last = name.rpartition(".")[2]
        if isinstance(node, ast.Attribute) and (node.attr in _EDGES):
            faults.append(source.at(node, f".{node.attr} touches; a transformation takes and returns frames"))
        elif last in _CLOCKS or _NOW.search(name):
            faults.append(source.at(node, f"{name} reads the clock; take the time as an argument"))
        elif name.startswith("SparkSession.") or (isinstance(node, ast.Name) and name in _SESSIONS):
            faults.append(source.at(node, f"{name} opens something; that belongs to jobs/ or storage"))
        elif (
            isinstance(node, ast.Constant) and isinstance(node.value, str) and not _is_docstring(node, source)
        ):
            faults += [
                source.at(node, f"SQL reads the clock: {m[0]}") for m in _SQL_CLOCK.finditer(node.value)
            ]
    return faults


def work_at_import(source: Source) -> list[str]:
    """Rule 4: nothing happens at import: no session, connection, file or environment."""
    return [
        source.at(node, f"{dotted(node)} runs at import; put it into a function")
        for node in _run_at_import(source.tree.body)
        if isinstance(node, ast.Attribute | ast.Name) and _IMPORT_TIME.search(dotted(node)) and _is_used(node)
    ]


def environment(source: Source) -> list[str]:
    """Rule 5: the environment is read once, in the settings."""
    return [] if source.path in MAY_READ_ENVIRONMENT else environment_reads(source)


def environment_reads(source: Source) -> list[str]:
    """Every place that reads the environment."""
    return [
        source.at(node, f"{dotted(node)} reads the environment; take it from lakehouse.settings")
        for node in ast.walk(source.tree)
        if re.search(r"^(?:os\.)?(?:environb?|getenv)$", dotted(node))
    ] + [
        source.at(node, "imports environ; take settings from lakehouse.settings")
        for node in ast.walk(source.tree)
        if isinstance(node, ast.ImportFrom) and node.module == "os"
        and any(alias.name in {"environ", "getenv"} for alias in node.names)
    ]  # fmt: skip


def swallowed(source: Source) -> list[str]:
    """Rule 7: no error is lost in silence: no handler that does nothing, no suppress of everything."""
    faults = []
    for node in ast.walk(source.tree):
        if isinstance(node, ast.ExceptHandler) and all(_does_nothing(step) for step in node.body):
            faults.append(source.at(node, "an error is swallowed; handle it, or suppress() a narrow one"))
        if isinstance(node, ast.Call) and dotted(node.func).endswith("suppress"):
            wide = [dotted(a) for a in node.args if dotted(a) in {"Exception", "BaseException", "OSError"}]
            faults += [source.at(node, f"suppress({name}) is too wide; name the error") for name in wide]
    return faults


def loose_spark(source: Source) -> list[str]:
    """Rule 9 and the names: a join states ``how``, a Python UDF its reason (``# udf:``), no frame is ``df``."""
    faults = []
    lines = source.text.splitlines()
    for node in ast.walk(source.tree):
        if isinstance(node, ast.Call) and _is_frame_join(node) and len(node.args) < 3:
            if "how" not in {keyword.arg for keyword in node.keywords}:
                faults.append(source.at(node, "join without how="))
        elif dotted(node).rpartition(".")[2] in {"udf", "pandas_udf", "mapInPandas", "applyInPandas"}:
            line = getattr(node, "lineno", 1)
            if "# udf:" not in "".join(lines[max(0, line - 2) : line]):
                faults.append(source.at(node, "a Python UDF needs its reason beside it: # udf: …"))
        elif (
            isinstance(node, ast.Name | ast.arg)
            and (getattr(node, "id", "") or getattr(node, "arg", "")) == "df"
        ):
            faults.append(source.at(node, "a frame called df; name its rows"))
    return faults


def oversize(source: Source) -> list[str]:
    """Rule 12: small on purpose. The house aims at 250 lines and 40; these are the walls."""
    faults = []
    count = len(source.text.splitlines())
    if count > MOST_LINES:
        faults.append(f"{source.path}:1 {count} lines, at most {MOST_LINES}; split it by verb")
    for node in ast.walk(source.tree):
        if isinstance(node, Function):
            length = (node.end_lineno or node.lineno) - node.lineno + 1
            if length > MOST_FUNCTION_LINES:
                faults.append(
                    source.at(node, f"{node.name} has {length} lines, at most {MOST_FUNCTION_LINES}")
                )
    return faults


def nameless(source: Source) -> list[str]:
    """Rule 12: a module says what it does."""
    bad = NAMELESS & {*source.parts[:-1], source.stem}
    return [f"{source.path}:1 a module called {name} says nothing; name what it does" for name in sorted(bad)]


def undocumented(source: Source) -> list[str]:
    """Rule 10: modules and public classes, functions and methods have a docstring that says something."""
    faults = []
    for node, name in _public(source.tree):
        text = ast.get_docstring(node) or ""
        if len(text) < LEAST_DOCSTRING:
            faults.append(source.at(node, f"{name or 'the module'} needs a docstring, seen {text!r}"))
    return faults


def not_a_job(source: Source) -> list[str]:
    """Entry scripts sit alone in ``jobs/``: verb_noun, a main() and the guard that calls it."""
    if source.parts[-2:-1] != ("jobs",) or source.parts[-1] == "__init__.py" or source.parts[0] not in ROOMS:
        return []
    faults = []
    if not any(
        isinstance(node, ast.If) and "__name__" in ast.unparse(node.test) for node in source.tree.body
    ):
        faults.append(f'{source.path}:1 is in jobs/ but has no `if __name__ == "__main__":`; move it out')
    if not any(isinstance(node, Function) and node.name == "main" for node in source.tree.body):
        faults.append(f"{source.path}:1 is in jobs/ but has no main()")
    if "_" not in source.stem:
        faults.append(f"{source.path}:1 jobs are called verb_noun, seen {source.stem}")
    return faults


def _is_docstring(node: ast.Constant, source: Source) -> bool:
    line = source.text.splitlines()[node.lineno - 1].lstrip()
    return line.startswith(('"""', 'r"""'))


def _is_used(node: ast.AST) -> bool:
    return not isinstance(getattr(node, "ctx", None), ast.Store)


def _does_nothing(step: ast.stmt) -> bool:
    return isinstance(step, ast.Pass) or (isinstance(step, ast.Expr) and isinstance(step.value, ast.Constant))


def _is_frame_join(call: ast.Call) -> bool:
    if not (isinstance(call.func, ast.Attribute) and call.func.attr == "join"):
        return False
    named = {keyword.arg for keyword in call.keywords}
    is_path = dotted(call.func).endswith("path.join")
    return not is_path and (bool(named & {"on", "how", "other"}) or len(call.args) == 2)


def _run_at_import(body: list[ast.stmt]) -> Iterator[ast.AST]:
    """Calls' and subscripts' names that run when the module is imported; bodies of functions do not."""
    stack: list[ast.AST] = [step for step in body if not _is_main_guard(step)]
    while stack:
        node = stack.pop()
        if isinstance(node, Function):
            stack += [*node.decorator_list, *node.args.defaults, *filter(None, node.args.kw_defaults)]
        elif isinstance(node, ast.Call):
            yield node.func
            stack += ast.iter_child_nodes(node)
        elif isinstance(node, ast.Attribute) and node.attr == "environ":
            yield node
        elif not isinstance(node, ast.Lambda | ast.AnnAssign) or getattr(node, "value", None) is not None:
            stack += [] if isinstance(node, ast.Lambda) else ast.iter_child_nodes(node)


def _is_main_guard(step: ast.stmt) -> bool:
    return isinstance(step, ast.If) and "__name__" in ast.unparse(step.test)


def _public(tree: ast.Module) -> Iterator[tuple[ast.Module | ast.ClassDef | Function, str]]:
    yield tree, ""
    for node in tree.body:
        if isinstance(node, ast.ClassDef | Function) and not node.name.startswith("_"):
            yield node, node.name
            for inner in node.body if isinstance(node, ast.ClassDef) else ():
                if isinstance(inner, Function) and not inner.name.startswith("_") and not _overrides(inner):
                    yield inner, f"{node.name}.{inner.name}"


def _overrides(function: Function) -> bool:
    return any(dotted(d).rpartition(".")[2] in {"override", "setter"} for d in function.decorator_list)
