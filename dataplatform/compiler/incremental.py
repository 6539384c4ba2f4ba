"""Whether a gold model may be built from the changed rows of one dataset alone."""

from __future__ import annotations

from sqlglot import exp

from dataplatform.naming import Zone
from dataplatform.plans.sql_file import SqlFile, line_of
from dataplatform.plans.sql_names import is_driving, tables
from dataplatform.suggestions import did_you_mean

_MIXING = (exp.AggFunc, exp.Group, exp.Distinct, exp.Window, exp.SetOperation, exp.Limit)


def check_incremental(
    file: SqlFile, query: exp.Query, dataset: str, datasets: tuple[str, ...]
) -> None:
    """Note what makes the result of changed rows differ from the changed rows of the result."""
    line = file.header_lines["incremental"]
    if dataset not in datasets:
        remedy = did_you_mean(dataset, datasets)
        file.add(line, "incremental", f'"{dataset}"', "a silver dataset of this SELECT", remedy)
        return
    for node in query.find_all(*_MIXING):
        file.add(
            line_of(node) or line,
            "incremental",
            f"{node.key.upper()}, which mixes rows",
            "a row of its own for each row of the dataset",
            "Take out `-- incremental:`; the model is then computed whole.",
        )
        break
    uses = [t for t in tables(query) if t.db == Zone.SILVER and t.name == dataset]
    if len(uses) > 1 or not is_driving(query, uses[0]):
        file.add(
            line_of(uses[-1]),
            "incremental",
            f"silver.{dataset} not as the first table alone",
            f"FROM silver.{dataset}, and JOIN or LEFT JOIN of others",
        )
