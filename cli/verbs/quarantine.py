"""`weir quarantine …`: the verbs and their options; what they do is in `cli.quarantine`."""

from __future__ import annotations

from typing import Annotated

import typer

from cli.options import Json, Stage
from cli.screen import Screen

_HELP = (
    "What was rejected, why, and once more through the pipeline.\n\n"
    "Records are shown as they were sent, classified values too. They are read with your own "
    "credentials: who may not read the quarantine table sees none. Reasons never hold a value of a "
    "column that is classified above internal."
)

quarantine = typer.Typer(help=_HELP, no_args_is_help=True)

Dataset = Annotated[str, typer.Argument(help="The dataset.", show_default=False)]
Reason = Annotated[
    str, typer.Option("--reason", help="Only rows with a reason that holds this text.")
]


@quarantine.command("ls", epilog="Example: ./weir quarantine ls stores")
def ls(
    dataset: Annotated[str | None, typer.Argument(help="Only this dataset.")] = None,
    stage: Stage = None,
    as_json: Json = False,
) -> None:
    """Count the rows that wait, by dataset and kind of reason."""
    from cli.quarantine.listing import ls as verb

    verb(Screen(as_json=as_json), stage, dataset)


@quarantine.command("show", epilog="Example: ./weir quarantine show stores --format csv")
def show(
    dataset: Dataset,
    batch: Annotated[str, typer.Option("--batch", help="Only rows of this batch.")] = "",
    reason: Reason = "",
    limit: Annotated[int, typer.Option("--limit", min=1, help="Rows at most.")] = 20,
    form: Annotated[str, typer.Option("--format", help="table, csv or json.")] = "table",
    stage: Stage = None,
    as_json: Json = False,
) -> None:
    """Show rows that wait: every reason, the record as it was sent, and where it came from."""
    from cli.quarantine.listing import show as verb

    verb(
        Screen(as_json=as_json), stage, dataset, batch=batch, reason=reason, limit=limit, form=form
    )


@quarantine.command("replay", epilog="Example: ./weir quarantine replay stores --dry-run")
def replay(
    dataset: Dataset,
    batches: Annotated[
        list[str] | None, typer.Option("--batch", help="Only rows of this batch; may be repeated.")
    ] = None,
    reason: Reason = "",
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Say what would be taken, and do nothing.")
    ] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Don't ask.")] = False,
    stage: Stage = None,
    as_json: Json = False,
) -> None:
    """Take rows through the pipeline again, once the contract or the source is mended."""
    from cli.quarantine.replay import replay as verb

    verb(
        Screen(as_json=as_json),
        stage,
        dataset,
        batches=batches or [],
        reason=reason,
        dry_run=dry_run,
        yes=yes,
    )
