"""Whatever was written comes back equal; whatever was damaged is refused, never half-read."""

from __future__ import annotations

import csv
import gzip
import io
import json
from typing import Any

from hypothesis import example, given
from hypothesis import strategies as st

from dataplatform.errors import UnreadableObject
from dataplatform.parsing.model import Block
from dataplatform.parsing.parser import parse

COLUMNS = ["id", "name", "né, e"]

text = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=12)
cells = st.one_of(text, st.sampled_from(["", '"', ",", "\r", "\n", "\r\n", "\ufeff", "a\r", '"",']))
rows = st.lists(st.tuples(*[cells] * len(COLUMNS)), max_size=12)
values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | text,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(text, inner, max_size=3),
    max_leaves=6,
)


def read(chunks: list[bytes], format: str) -> Block:
    whole = Block()
    for block in parse(chunks, format=format, columns=COLUMNS):
        whole.rows += block.each()
        whole.rejected += block.rejected
    return whole


@st.composite
def packed(draw: st.DrawFn, content: bytes) -> list[bytes]:
    """The bytes, gzipped or not, in one member or more, in chunks of any size."""
    if draw(st.booleans()):
        cut = draw(st.integers(0, len(content)))
        content = gzip.compress(content[:cut]) + gzip.compress(content[cut:])
    cuts = sorted(draw(st.lists(st.integers(0, len(content)), max_size=6)))
    return [content[a:b] for a, b in zip([0, *cuts], [*cuts, len(content)], strict=True)]


@given(st.data(), rows, st.permutations([*COLUMNS, "more"]), st.sampled_from(["\n", "\r\n"]))
def test_rows_written_as_csv_come_back(
    data: st.DataObject, records: list[tuple[str, ...]], header: list[str], end: str
) -> None:
    written = io.StringIO(newline="")
    writer = csv.DictWriter(written, header, lineterminator=end, quoting=csv.QUOTE_ALL)
    writer.writeheader()
    writer.writerows({**dict(zip(COLUMNS, r, strict=True)), "more": r[0]} for r in records)
    bom = data.draw(st.sampled_from([b"", b"\xef\xbb\xbf"]))
    block = read(data.draw(packed(bom + written.getvalue().encode())), "csv")
    assert not block.rejected
    assert [row.values for row in block.each()] == [[v or None for v in r] for r in records]
    assert [json.loads(row.extra or "") for row in block.each()] == [
        {"more": r[0] or None} for r in records
    ]
    assert [row.position for row in block.each()] == list(range(1, len(records) + 1))


@given(
    st.data(),
    st.lists(st.fixed_dictionaries({}, optional=dict.fromkeys([*COLUMNS, "x"], values))),
    st.booleans(),
)
def test_records_written_as_json_lines_come_back(
    data: st.DataObject, records: list[dict[str, Any]], ascii_only: bool
) -> None:
    lines = "".join(json.dumps(r, ensure_ascii=ascii_only) + "\n" for r in records)
    block = read(data.draw(packed(lines.encode())), "json")
    assert not block.rejected
    for record, row in zip(records, block.rows, strict=True):
        for name, got in zip(COLUMNS, row.values, strict=True):
            sent = record.get(name)
            assert got == sent if isinstance(sent, str) else json.loads(got or "null") == sent
        assert json.loads(row.extra or "{}") == {k: v for k, v in record.items() if k == "x"}


GOOD = {
    "csv": ('id,name,"né, e"\n' + '1,"x\ny",2\n3,"",4\n' * 3).encode(),
    "json": (json.dumps(dict.fromkeys(COLUMNS, "é")) + "\n").encode() * 4,
}


@given(
    st.sampled_from(["csv", "json"]),
    st.booleans(),
    st.lists(st.tuples(st.integers(0, 400), st.binary(max_size=3), st.integers(0, 3)), min_size=1),
)
@example("csv", False, [(0, b"\x1f\x8b", 2)])
def test_damaged_bytes_give_records_or_one_refusal_but_never_a_crash(
    format: str, zipped: bool, damages: list[tuple[int, bytes, int]]
) -> None:
    content = GOOD[format]
    if zipped:
        content = gzip.compress(content, mtime=0)
    for place, added, removed in damages:
        at = place % (len(content) + 1)
        content = content[:at] + added + content[at + removed :]
    try:
        block = read([content], format)
    except UnreadableObject as refused:
        assert refused.what
        return
    positions = [r.position for r in block.rows] + [r.position for r in block.rejected]
    assert sorted(positions) == list(range(1, len(block) + 1)), "each record once"


@given(st.sampled_from(["csv", "json"]), st.integers(min_value=2))
def test_a_gzip_cut_anywhere_is_refused(format: str, cut: int) -> None:
    content = gzip.compress(GOOD[format], mtime=0)
    try:
        read([content[: cut % (len(content) - 2) + 2][: len(content) - 1]], format)
    except UnreadableObject as refused:
        assert "truncated gzip" in refused.what
    else:
        raise AssertionError("a cut object was read as a whole one")


@given(st.sampled_from(["csv", "json"]), st.binary(max_size=200))
def test_any_bytes_at_all_are_survived(format: str, content: bytes) -> None:
    try:
        read([content], format)
    except UnreadableObject as refused:
        assert refused.what
