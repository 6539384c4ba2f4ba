"""Work on a table that somebody overtook, who holds no lease: Glue's own compaction, or a person.

What was made from the table as it was can't be published any more. Nothing was, so it is made anew.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Final, TypeVar

from dataplatform.errors import WeirError

ATTEMPTS: Final = 3
"""A compaction comes minutes after the last one: who is overtaken thrice has another trouble."""

Answer = TypeVar("Answer")

log = logging.getLogger("weir.overtaken")


class Overtaken(WeirError):
    """Someone committed to a table whose lease was held by another."""


def overtaken(table: str) -> Overtaken:
    """The error, for a table `database.name`."""
    return Overtaken(
        f"{table}: another writer published while its lease was held",
        why="What was staged was made from files that may be gone; nothing was published.",
        remedy="The next run makes it anew. Find out who writes so often without the lease.",
    )


def until_not_overtaken(work: Callable[[], Answer]) -> Answer:
    """Do work that ends in one commit; where that was overtaken, do all of it again.

    Args:
        work: looks at the table anew each time, and leaves nothing behind where it is overtaken.

    Raises:
        Overtaken: three times in a row.
    """
    for attempt in range(1, ATTEMPTS):
        try:
            return work()
        except Overtaken as error:
            log.warning("attempt %d: %s", attempt, error.what)
    return work()
