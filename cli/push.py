"""`weir push`: files of a person's own to landing, checked first, and on through the pipeline."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from rich.markup import escape

from cli import books, drift, holds, queues
from cli.local import wait_registered
from cli.push_check import Head, WrongFile, check
from cli.run import execute
from cli.screen import Screen, Task
from cli.target import Target, dataset_of
from dataplatform.errors import Problem
from dataplatform.naming import landing_prefix
from dataplatform.plans.model import SilverPlan

_DIGEST: Final = "weir-sha256"
_SHORT: Final = 16
"""Hexadecimal digits of a key's digest."""
_BAR: Final = 24
_ODD: Final = re.compile(r"[^A-Za-z0-9._-]+")


@dataclass(frozen=True)
class Sent:
    """A file and where it lies; `seen` where the same bytes had been pushed before."""

    path: Path
    key: str
    seen: bool


def push(
    screen: Screen, stage: str | None, dataset: str, paths: Sequence[Path], *, run: bool
) -> None:
    """Check files, put them into landing, and run the pipeline for their dataset."""
    target = Target.choose(stage)
    plan = dataset_of(target.plan, dataset)
    heads = _checked(plan, paths)
    for path, head in heads.items():
        if head.extra:
            screen.say(
                f" {escape(path.name)}: the contract doesn't know {escape(', '.join(head.extra))};"
                " bronze alone keeps it. To have it, once it has run:"
                f" ./weir contracts propose {dataset}"
            )
        for said in head.told:
            screen.say(f" {escape(path.name)}: {escape(said)}")
    sent = _send(screen, target, plan, list(heads))
    for one in sent:
        said = "was pushed before; not sent again" if one.seen else f"→ {one.key}"
        screen.say(f" {escape(one.path.name)} {escape(said)}")
    answer: dict[str, Any] = {
        "dataset": dataset,
        "files": [{"file": str(one.path), "key": one.key, "seen": one.seen} for one in sent],
        "run": "",
    }
    due = bool(target.ledger.due_objects(dataset))  # a push that was interrupted leaves its files
    if not run or not due:
        if due:
            screen.say(f" Registered. Next: ./weir run {dataset}")
        screen.result(answer)
        return
    followed = execute(screen, target, {"datasets": [dataset]})
    entries = target.ledger.books(followed.run_id)
    waiting, held = drift.waiting(target, followed.run_id), holds.held(target, followed.run_id)
    queued = queues.queues(target, waiting, held)
    spent = books.say_of_run(screen, target, followed.run_id, entries, waits=bool(waiting or held))
    if any(entry.waiting for entry in entries):
        screen.say(f"\n Rejected, with every reason: ./weir quarantine show {dataset}")
    drift.say_waiting(screen, target, waiting, queued)
    holds.say_held(screen, target, held, queued)
    ran = {
        "run": followed.run_id,
        "datasets": books.run_json(entries, target.ledger.engines(followed.run_id)),
        "waiting": drift.waiting_json(waiting),
        "behind": queues.to_json(queued),
        "held": holds.to_json(held),
        "cost": spent.to_dict(),
    }
    screen.result({**answer, **ran})
    books.exit_if_waiting(entries)
    drift.exit_if_any(waiting)
    holds.exit_if_any(held)


def _checked(plan: SilverPlan, paths: Sequence[Path]) -> dict[Path, Head]:
    heads: dict[Path, Head] = {}
    problems: list[Problem] = []
    for path in dict.fromkeys(paths):
        head, found = check(plan, path)
        problems += found
        if head is not None:
            heads[path] = head
    if problems:
        raise WrongFile(
            problems, why=f"Nothing was sent: each file must fit the contract of {plan.dataset}."
        )
    return heads


def _send(screen: Screen, target: Target, plan: SilverPlan, paths: Sequence[Path]) -> list[Sent]:
    """Put what isn't there yet; a key sorts by time and names its content."""
    bucket, s3 = target.output("LandingBucket"), target.client("s3")
    prefix = f"{landing_prefix(plan.dataset)}push/"
    there = {found[0]: key for key in _keys(s3, bucket, prefix) if (found := _digests(key))}
    sent: list[Sent] = []
    versions: dict[str, str] = {}
    total = sum(path.stat().st_size for path in paths)
    with screen.task("push", f"{len(paths)} {'file' if len(paths) == 1 else 'files'}") as task:
        advance = _Bar(task, total)
        for path in paths:
            digest = _sha256(path)
            if before := there.get(digest[:_SHORT]):
                sent.append(Sent(path, before, seen=True))
                advance(path.stat().st_size)
                continue
            key = f"{prefix}{datetime.now(UTC):%Y%m%dT%H%M%SZ}-{digest[:_SHORT]}-{_named(path)}"
            more = {"Metadata": {_DIGEST: digest}}
            s3.upload_file(str(path), bucket, key, ExtraArgs=more, Callback=advance)
            versions[key] = s3.head_object(Bucket=bucket, Key=key)["VersionId"]
            there[digest[:_SHORT]] = key
            sent.append(Sent(path, key, seen=False))
        task.show("waiting until the ledger has them")
        wait_registered(target, bucket, versions)
        came, known = len(versions), len(sent) - len(versions)
        task.detail = f"{came} {'file' if came == 1 else 'files'} landed, {known} lay there already"
    return sent


class _Bar:
    """How much of the files is sent; drawn where the screen can be redrawn."""

    def __init__(self, task: Task, total: int) -> None:
        self._task, self._total, self._sent = task, max(total, 1), 0

    def __call__(self, count: int) -> None:
        self._sent += count
        filled = _BAR * self._sent // self._total
        mib = f"{self._sent / 1048576:,.1f} of {self._total / 1048576:,.1f} MiB"
        self._task.show(f"{'#' * filled}{'.' * (_BAR - filled)} {mib}")


def _keys(s3: Any, bucket: str, prefix: str) -> Iterator[str]:
    for page in s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix):
        yield from (item["Key"] for item in page.get("Contents", []))


def _digests(key: str) -> list[str]:
    """The digest in a key that `push` has made."""
    return re.findall(rf"/push/[0-9TZ]+-([0-9a-f]{{{_SHORT}}})-", key)


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _named(path: Path) -> str:
    return _ODD.sub("-", path.name)
