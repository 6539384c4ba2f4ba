from __future__ import annotations

import re
import shutil
import subprocess
import sysconfig
from pathlib import Path

import pytest

from stacks.elf import glibc_needed

_LIBRARIES = sorted(Path(sysconfig.get_paths()["platlib"]).glob("*.so"))


def test_what_is_no_library_is_refused() -> None:
    with pytest.raises(ValueError, match="ELF"):
        glibc_needed(b"#!/bin/sh\n")


@pytest.mark.skipif(shutil.which("objdump") is None, reason="binutils isn't installed")
@pytest.mark.skipif(not _LIBRARIES, reason="no native library in this environment")
@pytest.mark.parametrize("library", _LIBRARIES, ids=lambda path: path.name)
def test_it_agrees_with_binutils(library: Path) -> None:
    listed = subprocess.run(["objdump", "-T", library], capture_output=True, text=True, check=True)
    versions = re.findall(r"GLIBC_(\d+)\.(\d+)", listed.stdout)
    expected = max(((int(major), int(minor)) for major, minor in versions), default=(0, 0))
    assert glibc_needed(library.read_bytes()) == expected
