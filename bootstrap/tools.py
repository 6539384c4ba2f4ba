"""The programs beside Python, fetched side by side, and the file that tells where they are."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping
from concurrent.futures import Future, ThreadPoolExecutor, as_completed
from pathlib import Path
from typing import Callable

from bootstrap import java, maven, node, runtimes
from bootstrap.layout import Layout
from bootstrap.process import run
from bootstrap.progress import step

_AT_ONCE = 4


def read(layout: Layout) -> Mapping[str, str] | None:
    """Where the tools are, if they are those wanted now and still there."""
    try:
        known: dict[str, str] = json.loads(layout.tools.read_text())
    except (OSError, ValueError):
        return None
    current = known.pop("digest", "") == _digest(layout)
    return known if current and all(Path(path).exists() for path in known.values()) else None


def ensure(layout: Layout) -> Mapping[str, str]:
    """Fetch what is missing and write the file.

    Raises:
        Trouble: naming what couldn't be fetched.
    """
    java_home = java.find(layout)
    layout.cache.mkdir(parents=True, exist_ok=True)
    runtime = runtimes.wanted(layout)
    home = runtimes.ensure(layout, runtime, java_home) if runtime else None
    fetches: dict[str, Callable[[], object]] = {
        "CDK CLI": lambda: node.install(layout),
        "Lambda layers": lambda: _layers(layout, *([runtime.name] if runtime else [])),
        "FoodMart": lambda: maven.fetch(layout, maven.FOODMART, layout.samples, java_home),
    }
    for jar in maven.SPARK_JARS:
        fetches[jar.artifact] = _fetch(layout, jar, java_home)
    _side_by_side(fetches)
    known = {
        "cache": layout.cache,
        "java_home": java_home,
        "node": layout.node,
        "node_modules": node.modules(layout),
        "cdk": node.cdk(layout),
        "jars": layout.jars,
        "foodmart": layout.samples / maven.FOODMART.name,
        **({runtime.name: home} if runtime else {}),
    }
    written = {name: str(path) for name, path in known.items()}
    layout.tools.write_text(json.dumps({**written, "digest": _digest(layout)}, indent=2) + "\n")
    return written


def _fetch(layout: Layout, jar: maven.Jar, java_home: Path) -> Callable[[], object]:
    return lambda: maven.fetch(layout, jar, layout.jars, java_home)


def _layers(layout: Layout, *runtimes: str) -> None:
    """So that synthesis needs no network later."""
    command = [str(layout.python), "-m", "stacks.packaging", *runtimes]
    path = {"PATH": search_path(layout)}
    run("making layers", command, place=layout.cache, cwd=layout.project, environment=path)


def search_path(layout: Layout) -> str:
    """The PATH of what is started: this project's programs first, and the runtime's Python."""
    first = [str(layout.python.parent), str(layout.node.parent)]
    runtime = runtimes.wanted(layout)
    if runtime is not None:
        first.append(str(runtime.home(layout) / "bin"))
    return os.pathsep.join([*first, os.environ.get("PATH", os.defpath)])


def variables(layout: Layout) -> Mapping[str, str]:
    """The environment of what is started.

    Byte code is kept whatever the caller asks for, as many container images do by
    PYTHONDONTWRITEBYTECODE: Python would compile the CDK's library anew in each process, which
    costs 5 CPU seconds.
    """
    known = read(layout)
    tools = {"WEIR_TOOLS": str(layout.tools), "JAVA_HOME": known["java_home"]} if known else {}
    kept = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}
    return {**kept, "PATH": search_path(layout), "VIRTUAL_ENV": str(layout.venv), **tools}


def _side_by_side(fetches: Mapping[str, Callable[[], object]]) -> None:
    waiting = list(fetches)
    total = len(waiting)

    def progress() -> str:
        rest = f", waiting for {', '.join(waiting)}" if waiting else ""
        return f"{total - len(waiting)}/{total}{rest}"

    with step("tools and jars", progress), ThreadPoolExecutor(_AT_ONCE) as pool:
        names: dict[Future[object], str] = {
            pool.submit(fetch): name for name, fetch in fetches.items()
        }
        try:
            for future in as_completed(names):
                future.result()
                waiting.remove(names[future])
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            raise


def _digest(layout: Layout) -> str:
    """Of all that decides which tools are wanted."""
    jars = [(jar.name, jar.sha256) for jar in (*maven.SPARK_JARS, maven.FOODMART)]
    layers = [
        hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted((layout.project / "layers").glob("*.txt"))
    ]
    wanted = [node.digest(layout), jars, layers, str(layout.cache), os.environ.get("JAVA_HOME", "")]
    runtime = runtimes.wanted(layout)
    if runtime is not None:
        wanted.append(str(runtime.home(layout)))
    return hashlib.sha256(json.dumps(wanted).encode()).hexdigest()
