from __future__ import annotations

import io
import zipfile
from pathlib import Path

from embedded_aws.functions.unpack import unpacked


def _archive(members: dict[str, str], mode: int = 0o644) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as zipped:
        for name, text in members.items():
            info = zipfile.ZipInfo(name)
            info.external_attr = mode << 16
            zipped.writestr(info, text)
    return buffer.getvalue()


def test_the_same_archive_is_extracted_once(tmp_path: Path) -> None:
    archive = _archive({"python/lake.py": "x = 1"})
    first = unpacked(archive, tmp_path)
    (first / "marker").touch()
    assert unpacked(archive, tmp_path) == first
    assert (first / "marker").exists()


def test_other_contents_get_another_directory(tmp_path: Path) -> None:
    assert unpacked(_archive({"a": "1"}), tmp_path) != unpacked(_archive({"a": "2"}), tmp_path)


def test_programs_stay_executable(tmp_path: Path) -> None:
    target = unpacked(_archive({"bin/tool": "#!/bin/sh"}, mode=0o755), tmp_path)
    assert (target / "bin" / "tool").stat().st_mode & 0o111


def test_nothing_is_written_outside(tmp_path: Path) -> None:
    inside = tmp_path / "unpacked"
    unpacked(_archive({"../../evil": "x", "/etc/evil": "x"}), inside)
    outside = [p for p in tmp_path.rglob("evil") if inside not in p.parents]
    assert not outside


def test_a_broken_archive_leaves_nothing(tmp_path: Path) -> None:
    whole = _archive({"a": "x" * 1000})
    try:
        unpacked(whole[:-30], tmp_path)
    except zipfile.BadZipFile:
        assert not list(tmp_path.iterdir())
    else:
        raise AssertionError("a truncated archive was accepted")
