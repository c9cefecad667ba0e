"""The semantic model as TMDL: pure functions from the model to the text of its files.

Source of the form: learn.microsoft.com, "Tabular Model Definition Language (TMDL)". Indented with tabs.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from lakehouse.contracts import ContractError
from warehouse.render.powerbi.measures import Measure
from warehouse.render.powerbi.model import Layout, ModelColumn, ModelTable, Star, role_filters
from warehouse.render.powerbi.names import quoted, tag


def table_file(table: ModelTable, measures: Iterable[Measure]) -> str:
    """``definition/tables/<name>.tmdl``."""
    head = [f"/// {table.description}", f"table {quoted(table.name)}"]
    head += ["\tisHidden"] if table.is_hidden else []
    head += [f"\tlineageTag: {tag('table', table.name)}"]
    head += ["\tdataCategory: Time"] if table.is_calendar else []
    parts = ["\n".join(head)]
    parts += [_measure(measure) for measure in measures]
    parts += [_column(table, column) for column in table.columns]
    parts += [_partition(table), "\tannotation PBI_ResultType = Table"]
    return "\n\n".join(parts) + "\n"


def relationships_file(stars: Iterable[Star]) -> str:
    """``definition/relationships.tmdl``."""
    return "\n".join(
        f"relationship {tag('relationship', star.fact, star.fact_column)}\n"
        f"\tfromColumn: {quoted(star.fact)}.{quoted(star.fact_column)}\n"
        f"\ttoColumn: {quoted(star.dimension)}.{quoted(star.dimension_column)}\n"
        for star in stars
    )


def expressions_file(layout: Layout) -> str:
    """``definition/expressions.tmdl``: the parameters of the queries."""
    return "\n".join(
        f"/// {each['description']}\n"
        f'expression {each["name"]} = "{each["value"]}" '
        'meta [IsParameterQuery=true, Type="Text", IsParameterQueryRequired=true]\n'
        f"\tlineageTag: {tag('expression', each['name'])}\n\n"
        "\tannotation PBI_ResultType = Text\n"
        for each in layout.parameters
    )


def with_parameters(layout: Layout, values: Mapping[str, str]) -> Layout:
    """The layout with other values of its parameters; raises ContractError for a name that is none of them."""
    names = [each["name"] for each in layout.parameters]
    if unknown := sorted(values.keys() - names):
        raise ContractError(f"no parameter {', '.join(unknown)}; parameters are {', '.join(names)}")
    told = [each | {"value": values.get(each["name"], each["value"])} for each in layout.parameters]
    return Layout({**layout.document, "parameters": told})


def role_files(layout: Layout) -> dict[str, str]:
    """``definition/roles/<name>.tmdl`` by name of the file."""
    return {
        f"{role['name']}.tmdl": f"/// {role['description']}\nrole {quoted(role['name'])}\n\tmodelPermission: read\n\n"
        + "\n".join(
            f"\ttablePermission {quoted(table)} = {expression}\n"
            for table, expression in role_filters(role).items()
        )
        for role in layout.roles
    }


def model_file(layout: Layout, tables: Iterable[ModelTable]) -> str:
    """``definition/model.tmdl``."""
    names = [each["name"] for each in layout.parameters]
    tables = list(tables)
    order = ", ".join(f'"{name}"' for name in [*names, *(table.name for table in tables)])
    refs = [f"ref expression {name}" for name in names] + [""]
    refs += [f"ref table {quoted(table.name)}" for table in tables] + [""]
    refs += [f"ref role {quoted(role['name'])}" for role in layout.roles]
    return (
        "model Model\n\tculture: en-GB\n\tdefaultPowerBIDataSourceVersion: powerBI_V3\n\tdiscourageImplicitMeasures\n"
        "\tsourceQueryCulture: en-GB\n\tdataAccessOptions\n\t\tlegacyRedirects\n\t\treturnErrorValuesAsNull\n\n"
        "annotation __PBI_TimeIntelligenceEnabled = 0\n\n"
        f"annotation PBI_QueryOrder = [{order}]\n\n" + "\n".join(refs) + "\n"
    )


def _measure(measure: Measure) -> str:
    body = "\n".join(f"\t\t\t{line}".rstrip() for line in measure.expression.splitlines())
    lines = [f"\t/// {measure.description}", f"\tmeasure {quoted(measure.name)} =", body]
    lines += [f"\t\tformatString: {measure.format}"] if measure.format else []
    lines += [f"\t\tdisplayFolder: {measure.folder}", f"\t\tlineageTag: {tag('measure', measure.name)}"]
    return "\n".join(lines)


def _column(table: ModelTable, column: ModelColumn) -> str:
    lines = [
        f"\t/// {column.description}",
        f"\tcolumn {quoted(column.name)}",
        f"\t\tdataType: {column.data_type}",
    ]
    lines += ["\t\tisHidden"] if column.is_hidden else []
    lines += ["\t\tisKey"] if column.is_key else []
    lines += [f"\t\tformatString: {column.format}"] if column.format else []
    lines += [
        f"\t\tlineageTag: {tag('column', table.name, column.name)}",
        "\t\tsummarizeBy: none",
        f"\t\tsourceColumn: {column.source}",
        "",
        "\t\tannotation SummarizationSetBy = Automatic",
    ]
    return "\n".join(lines)


def _partition(table: ModelTable) -> str:
    steps = "".join(f",\n\t\t\t\t    {step}" for step in _steps(table))
    last = _steps(table)[-1].partition(" = ")[0]
    return (
        f"\tpartition {quoted(table.name)} = m\n"
        f"\t\tmode: {table.mode}\n"
        "\t\tsource =\n"
        "\t\t\t\tlet\n"
        "\t\t\t\t    Source = Snowflake.Databases(SnowflakeServer, SnowflakeWarehouse, "
        '[Role = SnowflakeRole, Implementation = "2.0"])'
        f"{steps}\n"
        "\t\t\t\tin\n"
        f"\t\t\t\t    {last}"
    )


def _steps(table: ModelTable) -> list[str]:
    """Steps of the query, each of which Snowflake can do itself."""
    names = ", ".join(f'"{column.source}"' for column in table.columns)
    steps = [
        'Database = Source{[Name = SnowflakeDatabase, Kind = "Database"]}[Data]',
        f'Schema = Database{{[Name = "{table.schema}", Kind = "Schema"]}}[Data]',
        f'Rows = Schema{{[Name = "{table.object}", Kind = "{table.kind}"]}}[Data]',
        f"Columns = Table.SelectColumns(Rows, {{{names}}})",
    ]
    steps += ["Current = Table.SelectRows(Columns, each [IS_CURRENT])"] if table.current_only else []
    return [*steps, "Members = Table.Distinct(Columns)"] if table.is_distinct else steps
