"""Values of the ``{{ … }}`` in ``warehouse/sql``, from settings. Settings check their form, so quotes hold them."""

from __future__ import annotations

from collections.abc import Mapping

from jinja2 import Environment, StrictUndefined
from jinja2.exceptions import TemplateError

from lakehouse.settings import Settings, SettingsError
from warehouse.errors import DeploymentError

_LOCAL_ARN = "arn:aws:iam::000000000000:role/local"
_ARNS = ("aws_role_arn", "sns_topic_arn", "sns_role_arn")


def template_variables(settings: Settings) -> dict[str, str]:
    """Variables by name. Raises SettingsError for addresses at AWS that a real account cannot do without."""
    named = {name: getattr(settings, f"snowflake_{name}") for name in _ARNS}
    missing = [f"RETAIL_SNOWFLAKE_{name.upper()}" for name, value in named.items() if not value]
    if settings.snowflake_account and settings.snowflake_account_objects and missing:
        raise SettingsError(
            f"the integrations of account {settings.snowflake_account} need {', '.join(missing)} (environment, "
            f"or {settings.home / 'retail.env'}); or set RETAIL_SNOWFLAKE_ACCOUNT_OBJECTS=false"
        )
    return {
        "admin_role": settings.snowflake_admin_role,
        "prefix": settings.snowflake_prefix,
        "database": settings.snowflake_database,
        "lake_tables": settings.snowflake_lake_tables,
        "lake_url": settings.snowflake_lake,
        "export_url": f"{settings.snowflake_lake}export/",
        "storage_integration": settings.snowflake_storage_integration,
        "error_integration": settings.snowflake_error_integration,
        "external_volume": settings.snowflake_external_volume,
        "catalog_integration": settings.snowflake_catalog_integration,
        "credit_quota": str(settings.snowflake_credit_quota),
        **{name: value or _LOCAL_ARN for name, value in named.items()},
    }


def filled_in(name: str, template: str, variables: Mapping[str, str]) -> str:
    """The text of the file ``name`` with its variables; raises DeploymentError for one that is not known."""
    environment = Environment(
        undefined=StrictUndefined,
        autoescape=False,  # noqa: S701 - SQL, not HTML
        trim_blocks=True,
        keep_trailing_newline=True,
    )
    try:
        return environment.from_string(template).render(**variables)
    except TemplateError as error:
        raise DeploymentError(
            f"{name}: {error}; known variables are {', '.join(sorted(variables))}"
        ) from error
