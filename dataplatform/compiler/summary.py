"""Summary models: queries on the warehouse whose rows are shown when a run has ended."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from dataplatform.errors import Problem
from dataplatform.plans.model import GoldModel, SummaryModel
from dataplatform.plans.sql_file import SqlFile, read
from dataplatform.plans.sql_names import check_columns, check_tables

_KEYS = ("title", "description", "pivot")


def summary_models(
    root: Path, models: Sequence[GoldModel]
) -> tuple[tuple[SummaryModel, ...], list[Problem]]:
    """Compile every `models/<domain>/summary/*.sql` (Redshift SQL over gold.*)."""
    schema = {"gold": {m.name: {c.name: c for c in m.columns} for m in models}}
    summaries: list[SummaryModel] = []
    problems: list[Problem] = []
    for path in sorted(root.glob("models/*/summary/*.sql")):
        file = read(path, root, _KEYS, ("title",))
        query = file.query("redshift") if file.text else None
        with file.bounded():
            if query is not None and check_tables(file, query, schema):
                check_columns(file, query, schema)
                _check_pivot(file, [name.lower() for name in query.named_selects])
        problems += file.problems
        if not file.problems:
            text = "\n".join(line for line in file.text.splitlines() if not line.startswith("--"))
            sql = text.strip().rstrip(";")
            summaries.append(
                SummaryModel(
                    name=file.name, title=file.header["title"], sql=sql, pivot=file.words("pivot")
                )
            )
    return tuple(summaries), problems


def _check_pivot(file: SqlFile, columns: Sequence[str]) -> None:
    words = file.words("pivot")
    if words and (len(words) != 2 or not set(words) <= set(columns)):
        file.add(
            file.header_lines["pivot"],
            "pivot",
            file.header["pivot"],
            f"two of the query's columns, as in `-- pivot: year, sales`: {', '.join(columns)}",
        )
