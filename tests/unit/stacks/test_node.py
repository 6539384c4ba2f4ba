"""Node is told before it starts: what the user has it do stays, and any module still loads."""

import base64
import json
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from stacks import node

_EMPTY = bytes.fromhex("0061736d 01000000")
_STARTS = """
const child = require("node:child_process").spawn(
  process.execPath, ["--preserve-symlinks", __dirname + "/program.js"],
  { stdio: ["ignore", "pipe", "pipe", "pipe"] });
process.stdin.pipe(child.stdio[3]).pipe(process.stdout);
child.once("exit", (code) => process.exit(code));
"""
"""What jsii begins with: a process that starts another, and copies what goes between it and us."""

_ANSWERS = """
const fs = require("node:fs");
const asked = Buffer.alloc(100);
const length = fs.readSync(3, asked);
console.log("told", "first");
console.error("warned");
fs.writeSync(3, JSON.stringify([asked.toString("utf8", 0, length), process.pid, process.execArgv]));
process.exit(7);
"""
_ENGINE = next(file for file in node.FIRST if file.name == "engine.cjs")


def _sized(content: bytes) -> bytes:
    return bytes([len(content)]) + content


def _growing() -> bytes:
    """A module with one page of memory, whose `malloc` grows it by the bytes asked for."""
    malloc = bytes.fromhex("00 2000 41808004 6e 4000 0b")  # memory.grow(bytes / 65536)
    free = bytes.fromhex("00 0b")
    exports = [(b"memory", "02 00"), (b"__wbindgen_malloc", "00 00"), (b"__wbindgen_free", "00 01")]
    sections = {
        1: bytes.fromhex("02 60 027f7f 017f 60 037f7f7f 00"),  # both functions' types
        3: bytes.fromhex("02 00 01"),
        5: bytes.fromhex("01 00 01"),
        7: b"\3" + b"".join(_sized(name) + bytes.fromhex(what) for name, what in exports),
        10: b"\2" + _sized(malloc) + _sized(free),
    }
    return _EMPTY + b"".join(bytes([kind]) + _sized(each) for kind, each in sections.items())


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.delenv("NODE_OPTIONS", raising=False)
    yield
    monkeypatch.delenv("NODE_OPTIONS", raising=False)


def _pages(module: bytes) -> int | None:
    """Of an instance's memory, as soon as it is there; None where it has none."""
    program = (
        f"const module = new WebAssembly.Module(Buffer.from('{module.hex()}', 'hex'));"
        "const instance = new WebAssembly.Instance(module, {});"
        "const { memory } = instance.exports;"
        "console.log(JSON.stringify([instance instanceof WebAssembly.Instance,"
        " memory ? memory.buffer.byteLength / 65536 : null]));"
    )
    ended = subprocess.run(
        ["node", "-e", program], capture_output=True, text=True, check=True, env=dict(os.environ)
    )
    assert ended.stderr == ""
    is_instance, pages = json.loads(ended.stdout)
    assert is_instance
    return pages


def test_an_engine_has_its_memory_before_it_begins() -> None:
    assert _pages(_growing()) == 1
    node.prepare()
    assert _pages(_growing()) == 1 + 256 * 16


def test_a_module_that_allocates_otherwise_is_left_alone() -> None:
    node.prepare()
    assert _pages(_EMPTY) is None


def test_what_the_user_has_node_do_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NODE_OPTIONS", "--max-old-space-size=4096")
    node.prepare()
    node.prepare()
    given, option = os.environ["NODE_OPTIONS"].split(" ", 1)
    assert given == "--max-old-space-size=4096"
    assert option.count("--require") == len(node.FIRST)


def _asked(folder: Path, *, start: str = "jsii-runtime.js") -> tuple[bool, str]:
    """Speak to a process as Python speaks to jsii's.

    Returns:
        Whether the one that was started answered itself, and what came by way of stderr.
    """
    (folder / start).write_text(_STARTS)
    (folder / "program.js").write_text(_ANSWERS)
    pipe = subprocess.PIPE
    command = ["node", str(folder / start)]
    with subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=pipe, text=True) as process:
        answer, told = process.communicate("question")
    assert process.returncode == 7
    asked, answered_by, options = json.loads(answer)
    assert (asked, options) == ("question", ["--preserve-symlinks"])
    return answered_by == process.pid, told


def _execve_is_there() -> bool:
    return not subprocess.run(["node", "-e", "process.exit(process.execve ? 0 : 1)"]).returncode


def test_the_cdks_process_is_spoken_to_directly(tmp_path: Path) -> None:
    if not _execve_is_there():
        pytest.skip("Node before 22.15 can't; `./weir test` brings its own")
    node.prepare()
    is_direct, told = _asked(tmp_path)
    assert is_direct
    lines = [json.loads(line) for line in told.splitlines()]
    texts = [(name, base64.b64decode(text)) for line in lines for name, text in line.items()]
    assert texts == [("stdout", b"told first\n"), ("stderr", b"warned\n")]


@pytest.mark.parametrize(
    ("start", "before"),
    [("jsii-runtime.js", "delete process.execve;"), ("another.js", "")],
    ids=["Node that can't", "another program"],
)
def test_else_a_process_is_started_as_ever(
    start: str, before: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "before.cjs").write_text(before)
    monkeypatch.setenv("NODE_OPTIONS", f"--require {tmp_path / 'before.cjs'}")
    node.prepare()
    is_direct, _ = _asked(tmp_path, start=start)
    assert not is_direct


def test_a_module_is_compiled_once_wherever_it_is_linked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ask = "process.exit(require('node:module').enableCompileCache ? 0 : 1)"
    if subprocess.run(["node", "-e", ask], check=False).returncode:
        pytest.skip("Node before 22.1 keeps nothing; `./weir test` brings its own")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("WEIR_COMPILED_MODULES", "")
    real = tmp_path / "real"
    real.mkdir()
    (real / "index.js").write_text("module.exports = [__filename, require.resolve('./index.js')];")
    node.prepare()
    compiled, paths = [], []
    for folder in (tmp_path / "first", tmp_path / "second"):
        linked = folder / "node_modules" / "thing"
        linked.parent.mkdir(parents=True)
        linked.symlink_to(real)
        program = f"console.log(JSON.stringify(require({json.dumps(str(linked))})))"
        ended = subprocess.run(
            ["node", "--preserve-symlinks", "-e", program],
            capture_output=True,
            text=True,
            check=True,
        )
        path, resolved = json.loads(ended.stdout)
        assert resolved == str(linked / "index.js")  # what it requires is found where it is linked
        assert Path(path).parts[-3:] == ("node_modules", "thing", "index.js")
        assert Path(path).samefile(real / "index.js")
        paths.append(path)
        cache = tmp_path / "cache" / "weir" / "modules" / "compiled"
        compiled.append({file for file in cache.rglob("*") if file.is_file()})
    assert paths[0] == paths[1]
    assert compiled[0]
    assert compiled[0] == compiled[1]


def test_a_checkout_may_lie_below_a_folder_with_spaces(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "my projects" / "engine.cjs"
    file.parent.mkdir()
    file.write_bytes(_ENGINE.read_bytes())
    monkeypatch.setattr(node, "FIRST", (file,))
    node.prepare()
    assert _pages(_growing()) == 1 + 256 * 16
