"""Which Glue and which Python the platform's code runs on: one switch, since both run one code.

Nothing here needs the CDK, so that layers can be made without loading it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from stacks.elf import Version


@dataclass(frozen=True, kw_only=True)
class Runtime:
    """A Glue version, and Lambda's runtime of the same Python.

    name: as `stages` in cdk.json says it.
    glue: `GlueVersion` of every job; Spark and Iceberg come with it.
    python: of jobs, functions, and the layers' wheels.
    glibc: the newest that Lambda's runtime of that Python has: 3.11 is Amazon Linux 2, from 3.12
        on it is Amazon Linux 2023.
    """

    name: str
    glue: str
    python: str
    glibc: Version

    @property
    def function(self) -> str:
        """As Lambda names it."""
        return f"python{self.python}"


GLUE_5_1: Final = Runtime(name="glue-5.1", glue="5.1", python="3.11", glibc=(2, 26))
"""Spark 3.5.6, Iceberg 1.10.0, Java 17: what this project's own environment holds."""

GLUE_6_0: Final = Runtime(name="glue-6.0", glue="6.0", python="3.13", glibc=(2, 34))
"""Spark 4.1.1, Iceberg 1.11.0."""

RUNTIMES: Final = {runtime.name: runtime for runtime in (GLUE_5_1, GLUE_6_0)}
"""By the switch's value."""
