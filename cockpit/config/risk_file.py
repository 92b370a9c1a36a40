"""risk.toml: every limit of the desk, in one table ``[limits]``; none can be left out."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from cockpit.config.fields import Checker, field_of
from cockpit.config.models import RiskOptions
from cockpit.core import LIMITS

FIELDS = tuple(field_of(parameter) for parameter in LIMITS)


def risk_options(checker: Checker, table: Mapping[str, Any]) -> RiskOptions | None:
    """The checked file, or None with the problems in ``checker``."""
    checker.unknown(table, ["limits"], "")
    if "limits" not in table:
        checker.report("limits", None, "missing", "a table, written [limits]")
        return None
    limits = checker.table(table["limits"], "limits")
    if limits is None:
        return None
    values = checker.values(limits, FIELDS, "limits")
    if values is None or checker.problems:
        return None
    return RiskOptions(tuple(values[field.name] for field in FIELDS))
