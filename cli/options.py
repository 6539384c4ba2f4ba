"""Options that many verbs have."""

from __future__ import annotations

from typing import Annotated, Literal

import typer

Json = Annotated[bool, typer.Option("--json", help="Answer as JSON on stdout.")]
Stage = Annotated[
    str | None,
    typer.Option(
        "--stage", help="A stage in AWS; without it, the embedded platform.", metavar="STAGE"
    ),
]
Engine = Annotated[
    Literal["duckdb", "spark"] | None,
    typer.Option("--engine", help="For every dataset and model; without it, chosen by size."),
]
