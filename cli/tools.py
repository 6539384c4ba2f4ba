"""The programs beside Python that a verb needs, as the wrapper found or fetched them."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from dataplatform.errors import WeirError
from embedded_aws.spark.settings import WARM_UP_VARIABLE
from embedded_aws.tools import Tools as EmbeddedTools

VARIABLE = "WEIR_TOOLS"
"""Path of the JSON file that the wrapper writes."""


class ToolsMissing(WeirError):
    """The command line was started without its wrapper."""


@dataclass(frozen=True, kw_only=True)
class Tools:
    """Paths, as written by the wrapper."""

    raw: Mapping[str, str]

    @classmethod
    def load(cls) -> Tools:
        """Read the wrapper's file.

        Raises:
            ToolsMissing: the wrapper wasn't used.
        """
        path = os.environ.get(VARIABLE, "")
        if not path or not Path(path).is_file():
            raise ToolsMissing(
                f"{VARIABLE} names no file",
                why="Node, Java and the CDK CLI can't be found without it.",
                remedy="Start the command through the wrapper: ./weir",
            )
        return cls(raw=json.loads(Path(path).read_text()))

    def path(self, name: str) -> Path:
        """One tool.

        Raises:
            ToolsMissing: the wrapper didn't install it for this verb.
        """
        if not self.raw.get(name):
            raise ToolsMissing(
                f"{name} isn't installed",
                why="This verb needs it.",
                remedy="Run ./weir up once: it installs what is missing.",
            )
        return Path(self.raw[name])

    def cdk(self, *arguments: str) -> list[str]:
        """A command line of the pinned CDK CLI."""
        return [str(self.path("node")), str(self.path("cdk")), *arguments]

    def for_embedded_aws(self) -> EmbeddedTools:
        """What the embedded AWS's server process is told, of whoever called: to warm Spark up."""
        told = {name: os.environ[name] for name in (WARM_UP_VARIABLE,) if name in os.environ}
        return EmbeddedTools.discover({VARIABLE: os.environ[VARIABLE]} | told)

    def environment(self) -> dict[str, str]:
        """The caller's environment, with this Python and the pinned Node first on the PATH."""
        first = [str(Path(sys.executable).parent), str(self.path("node").parent)]
        path = os.pathsep.join([*first, os.environ.get("PATH", os.defpath)])
        return {**os.environ, "PATH": path}
