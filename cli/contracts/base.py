"""What the working tree's contracts are compared with: a git ref, or what is deployed."""

from __future__ import annotations

import io
import subprocess
import tarfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from cli.screen import WrongUsage
from cli.target import Target
from cli.wrapper import ROOT
from dataplatform.compiler.deployed import deployed_contracts
from dataplatform.compiler.platform import compile_platform
from dataplatform.contracts.loader import FOLDER, load
from dataplatform.contracts.model import Contract
from dataplatform.errors import InvalidContract, InvalidModel, WeirError
from dataplatform.naming import Names
from dataplatform.plans.model import PlatformPlan

DEPLOYED: Final = "deployed"
_UPSTREAM: Final = ("origin/HEAD", "origin/main", "origin/master")
_USUAL_STAGE: Final = "dev"


class UnreadableBase(WeirError):
    """The contracts that are compared with can't be read by this version of Weir."""


@dataclass(frozen=True)
class Base:
    """The other side of a comparison.

    stage: the one that it is compared for; "" for one that has a server of every dataset.
    plan: None where its models can't be compiled: then nobody knows who reads a column.
    """

    name: str
    stage: str
    contracts: tuple[Contract, ...]
    plan: PlatformPlan | None


def deployed(stage: str | None, known: Sequence[Contract]) -> Base:
    """What runs on a stage; `known` are the working tree's contracts."""
    target = Target.choose(stage)
    where = f"stage {target.stage}" if stage else "the embedded platform"
    contracts = deployed_contracts(target.plan, known)
    return Base(f"what {where} runs", target.plan.stage, contracts, target.plan)


def stage_of(contracts: Sequence[Contract]) -> str:
    """A stage that has a server of every dataset.

    It gives tables their names and says where records come from; what else is compared is the same
    on each stage.
    """
    named = sorted({server.environment for each in contracts for server in each.servers} - {""})
    for stage in (_USUAL_STAGE, *named):
        if all(contract.server_of(stage) for contract in contracts):
            return stage
    return _USUAL_STAGE


def at_commit(ref: str | None) -> Base:
    """Contracts and models of a commit.

    Args:
        ref: anything that git takes for one; without it, where the branch left its upstream.

    Raises:
        WrongUsage: no such commit, or the project isn't in git.
        UnreadableBase: its contracts can't be compiled.
    """
    commit, name = _commit(ref)
    with TemporaryDirectory() as folder:
        root = Path(folder)
        _extract(commit, root)
        try:
            contracts = load(root, strict=False)
        except InvalidContract as error:
            raise UnreadableBase(
                f"contracts at {name}:\n{error.what}",
                why="What they meant can't be told, so nothing was compared.",
                remedy="Compare with a later commit: --against REF; or with what runs: "
                f"--against {DEPLOYED}.",
            ) from error
        try:
            plan = compile_platform(root, Names(stage_of(contracts)), strict=False)
        except (InvalidContract, InvalidModel):
            plan = None
    return Base(name, "", contracts, plan)


def _commit(ref: str | None) -> tuple[str, str]:
    """A commit's id, and how to call it."""
    if ref is not None:
        commit = _git("rev-parse", "--verify", "--quiet", f"{ref}^{{commit}}")
        if commit is None:
            raise WrongUsage(
                f"git knows no commit {ref}",
                why="There is nothing to compare with.",
                remedy=f"--against takes a commit, a branch, a tag, or {DEPLOYED}.",
            )
        return commit, f"{commit[:9]} ({ref})"
    head = _git("rev-parse", "--verify", "--quiet", "HEAD^{commit}")
    if head is None:
        raise WrongUsage(
            f"{ROOT} has no commit in git",
            why="There is nothing to compare with.",
            remedy=f"Compare with what runs: --against {DEPLOYED}.",
        )
    for upstream in _UPSTREAM:
        base = _git("merge-base", "HEAD", upstream)
        if base is not None:
            return base, f"{base[:9]} (where this branch left {upstream})"
    return head, f"{head[:9]} (HEAD)"


def _git(*words: str) -> str | None:
    """What git answers in the project; None where it refuses."""
    try:
        done = subprocess.run(
            ["git", *words], cwd=ROOT, capture_output=True, text=True, check=False
        )
    except FileNotFoundError:
        return None
    return done.stdout.strip() if done.returncode == 0 else None


def _extract(commit: str, root: Path) -> None:
    listed = _git("ls-tree", "-d", "--name-only", commit) or ""
    folders = [name for name in listed.splitlines() if name in (FOLDER, "models")]
    if not folders:
        return
    archive = subprocess.run(
        ["git", "archive", "--format=tar", commit, "--", *folders],
        cwd=ROOT,
        capture_output=True,
        check=True,
    )
    with tarfile.open(fileobj=io.BytesIO(archive.stdout)) as tar:
        tar.extractall(root, filter="data")
