"""Help in which a flag is followed by nothing: Typer would name its type, as if it took a value."""

from __future__ import annotations

from typing import Any

import typer
from typer.core import TyperCommand, TyperGroup


class _Bare:
    """A command whose help leaves the type of flags out."""

    def get_params(self, ctx: Any) -> list[Any]:
        """All parameters, the one for help too."""
        found: list[Any] = super().get_params(ctx)  # type: ignore[misc]
        for each in found:
            if getattr(each, "is_bool_flag", False):
                each.metavar = ""
        return found


class Verb(_Bare, TyperCommand):
    """A verb."""


class Verbs(_Bare, TyperGroup):
    """Verbs that share a name."""


def bare(verbs: typer.Typer) -> None:
    """Let every verb below be told of so."""
    for command in verbs.registered_commands:
        command.cls = Verb
    for group in verbs.registered_groups:
        below = group.typer_instance
        if below is not None:
            group.cls = group.cls or Verbs
            bare(below)
