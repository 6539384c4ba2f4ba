"""The pinned CDK CLI and the AWS SDK for Node, installed by npm into the cache from a lock file."""

from __future__ import annotations

import hashlib
import os
import shutil
import tempfile
from pathlib import Path

from bootstrap.layout import Layout
from bootstrap.process import run

_FILES = ("package.json", "package-lock.json")


def digest(layout: Layout) -> str:
    """Of the lock file: another one is another directory."""
    lock = layout.project / "bootstrap" / "node" / _FILES[1]
    return hashlib.sha256(lock.read_bytes()).hexdigest()[:12]


def modules(layout: Layout) -> Path:
    """Where the packages are or will be (`NODE_PATH`)."""
    return layout.cache / "node" / digest(layout) / "node_modules"


def cdk(layout: Layout) -> Path:
    """The CDK CLI's program, to be run by our Node."""
    return modules(layout) / "aws-cdk" / "bin" / "cdk"


def install(layout: Layout) -> None:
    """Install what the lock file names, unless it is there.

    Raises:
        Trouble: no network, or other bytes than those locked.
    """
    home = modules(layout).parent
    if cdk(layout).is_file():
        return
    home.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=str(home.parent), prefix=".npm-") as scratch:
        fresh = Path(scratch) / "node"
        fresh.mkdir()
        for name in _FILES:
            shutil.copy(str(layout.project / "bootstrap" / "node" / name), str(fresh))
        npm = layout.node.parent.parent / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
        command = [str(layout.node), str(npm), "ci", "--ignore-scripts", "--no-audit", "--no-fund"]
        path = os.pathsep.join([str(layout.node.parent), os.environ.get("PATH", os.defpath)])
        run("installing the CDK CLI", command, place=home, cwd=fresh, environment={"PATH": path})
        shutil.rmtree(str(home), ignore_errors=True)
        fresh.rename(home)
