"""Samples of a person's own datasets: `samples/<dataset>/<file>`, landed by `weir up`.

They are data, maybe of people, and no part of the project: git ignores the folder.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

from cli.wrapper import ROOT
from dataplatform.plans.model import PlatformPlan

FOLDER: Final = ROOT / "samples"


def place(dataset: str, name: str) -> Path:
    """Where a dataset's sample file is kept."""
    return FOLDER / dataset / name


def files(plan: PlatformPlan) -> list[tuple[str, Path]]:
    """Each file with its dataset, of datasets that are deployed and take files."""
    return [
        (dataset.dataset, path)
        for dataset in plan.datasets
        if dataset.source.kind == "s3"
        for path in sorted((FOLDER / dataset.dataset).glob("*"))
        if path.is_file() and not path.name.startswith(".")
    ]
