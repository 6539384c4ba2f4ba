"""Node is told before it starts: what the user has it do stays, and any module still loads."""

import json
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from stacks import node

_EMPTY = bytes.fromhex("0061736d 01000000")


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
    assert option.count("--require") == 2


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
    file.write_bytes(node.FIRST[0].read_bytes())
    monkeypatch.setattr(node, "FIRST", (file,))
    node.prepare()
    assert _pages(_growing()) == 1 + 256 * 16
