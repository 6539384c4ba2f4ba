from __future__ import annotations

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from stacks import packaging
from stacks.assets import lambda_code
from stacks.elf import glibc_needed
from stacks.packaging import BASE, LAKE, MAX_UNZIPPED_BYTES, Layer, LayerNotBuilt
from stacks.runtime import GLUE_6_0

_IMPORTS = """
import sys
sys.path.insert(0, sys.argv[1])
import pyarrow.compute, pyarrow.dataset, pyarrow.fs, pyarrow.parquet
import duckdb, pyiceberg.table
from pyiceberg.io.pyarrow import PyArrowFileIO
assert pyarrow.__version__.startswith("20."), pyarrow.__version__
table = duckdb.sql("SELECT 1 AS a, TIMESTAMPTZ '1997-01-05 00:00:00+00' AS b").to_arrow_table()
pyarrow.parquet.write_table(table, sys.argv[2])
assert duckdb.sql(f"SELECT b FROM '{sys.argv[2]}'").fetchall()[0][0].year == 1997
"""


@pytest.fixture
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A directory of layers that holds none yet."""
    monkeypatch.setenv(packaging.DIRECTORY_VARIABLE, str(tmp_path / "layers"))
    return tmp_path / "layers"


@pytest.fixture
def no_pip(monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine without a network, as far as a layer is concerned."""
    monkeypatch.setattr(sys, "executable", "/bin/false")


@pytest.mark.network
@pytest.mark.parametrize("layer", [BASE, LAKE], ids=lambda layer: layer.name)
def test_lambda_can_load_every_library(layer: Layer) -> None:
    with zipfile.ZipFile(layer.zip()) as archive:
        needs = {
            name: glibc_needed(archive.read(name)) for name in archive.namelist() if ".so" in name
        }
    assert bool(needs) == (layer is LAKE)
    assert {name: needed for name, needed in needs.items() if needed > layer.runtime.glibc} == {}


@pytest.mark.network
def test_both_layers_and_the_functions_code_fit_lambdas_limit_together() -> None:
    size = 0
    for packed in (BASE.zip(), LAKE.zip(), lambda_code()):
        with zipfile.ZipFile(packed) as archive:
            size += sum(entry.file_size for entry in archive.infolist())
    assert size < MAX_UNZIPPED_BYTES


@pytest.mark.network
@pytest.mark.skipif(
    sys.platform != "linux" or os.uname().machine != "x86_64", reason="Lambda's architecture only"
)
def test_what_is_left_in_the_lake_layer_still_works(tmp_path: Path) -> None:
    with zipfile.ZipFile(LAKE.zip()) as archive:
        archive.extractall(tmp_path)
    # -S: without this environment's packages, as in Lambda; its boto3 isn't needed here.
    command = [
        sys.executable,
        "-S",
        "-c",
        _IMPORTS,
        str(tmp_path / "python"),
        str(tmp_path / "t.parquet"),
    ]
    subprocess.run(command, check=True, timeout=120)


def test_a_zip_that_is_there_is_taken_without_the_network(elsewhere: Path, no_pip: None) -> None:
    elsewhere.mkdir()
    finished = elsewhere / f"lake-{LAKE.digest[:16]}.zip"
    finished.write_bytes(b"native wheels, put here by a launcher")
    assert LAKE.zip() == finished


def test_without_the_network_the_error_says_what_to_do(elsewhere: Path, no_pip: None) -> None:
    with pytest.raises(LayerNotBuilt, match=r"layers/lake\.txt"):
        LAKE.zip()
    assert list(elsewhere.iterdir()) == []


def test_the_digest_follows_the_lock_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(packaging, "_ROOT", tmp_path)
    (tmp_path / "layers").mkdir()
    (tmp_path / "layers" / "lake.txt").write_text("pyarrow==20.0.0\n")
    before = LAKE.digest
    (tmp_path / "layers" / "lake.txt").write_text("pyarrow==20.0.1\n")
    assert LAKE.digest != before


def test_each_python_has_a_zip_of_its_own() -> None:
    """Their wheels hold machine code for one Python each, though one lock file names them all."""
    newer = Layer("lake", GLUE_6_0)
    assert newer.lock == LAKE.lock
    assert newer.digest != LAKE.digest


def test_wheels_are_picked_for_the_runtimes_python_and_glibc(
    elsewhere: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[list[str]] = []

    def refuse(command: list[str], **_: object) -> subprocess.CompletedProcess[str]:
        asked.append(command)
        return subprocess.CompletedProcess(command, 1, "", "ERROR: no network")

    monkeypatch.setattr(subprocess, "run", refuse)
    with pytest.raises(LayerNotBuilt, match="no network"):
        Layer("lake", GLUE_6_0).zip()
    (pip,) = asked
    assert pip[pip.index("--python-version") + 1] == "3.13"
    platforms = [word for word in pip if word.startswith("manylinux_2_")]
    assert platforms[0] == "manylinux_2_34_x86_64"


def test_a_layer_whose_python_is_not_here_is_made_without_byte_code(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    shim = tmp_path / "bin" / "python3.13"
    shim.parent.mkdir()
    shim.write_text("#!/bin/sh\nexit 127\n")
    shim.chmod(0o755)
    monkeypatch.setenv("PATH", str(shim.parent))
    (tmp_path / "python").mkdir()
    (tmp_path / "python" / "module.py").write_text("ANSWER = 42\n")
    packaging._compile(Layer("lake", GLUE_6_0), tmp_path / "python")
    assert [file.name for file in (tmp_path / "python").iterdir()] == ["module.py"]
    assert "no Python 3.13" in capsys.readouterr().err


def test_the_same_files_give_the_same_zip(tmp_path: Path) -> None:
    zips = []
    for name in ("a", "b"):
        tree = tmp_path / name / "python"
        (tree / "package").mkdir(parents=True)
        for file in ("package/x.py", "y.py") if name == "a" else ("y.py", "package/x.py"):
            (tree / file).write_text("pass\n")
        packaging._pack(tree, tmp_path / f"{name}.zip")
        zips.append((tmp_path / f"{name}.zip").read_bytes())
    assert zips[0] == zips[1]


def test_a_library_for_a_newer_glibc_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "new.so").write_bytes(b"")
    monkeypatch.setattr(packaging, "glibc_needed", lambda _: (2, 28))
    with pytest.raises(LayerNotBuilt, match=r"new\.so needs glibc 2\.28"):
        packaging._check(LAKE, tmp_path)


def test_a_layer_too_large_for_lambda_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "large.py").write_bytes(b"#" * 1_001)
    monkeypatch.setattr(packaging, "MAX_UNZIPPED_BYTES", 1_000)
    with pytest.raises(LayerNotBuilt, match="1,001 bytes"):
        packaging._check(LAKE, tmp_path)


def test_modules_come_compiled_and_are_not_compared_with_their_source(tmp_path: Path) -> None:
    tree = tmp_path / "python"
    (tree / "package").mkdir(parents=True)
    source = tree / "package" / "module.py"
    source.write_text("ANSWER = 42\n")
    packaging._compile(LAKE, tree)
    source.write_text("raise AssertionError('compiled again')\n")
    command = [sys.executable, "-c", "import package.module as m; print(m.ANSWER)"]
    environment = {**os.environ, "PYTHONPATH": str(tree)}
    ran = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    assert ran.stdout == "42\n"
