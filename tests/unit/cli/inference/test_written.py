"""Dates and numbers that a sample writes in a form of its own are proposed with it, or are text."""

from __future__ import annotations

import pytest

from cli.inference.document import contract_text
from cli.inference.model import Proposal, ProposedColumn
from dataplatform.contracts.document import parse as parse_yaml
from dataplatform.contracts.parser import parse
from tests.unit.cli.inference.conftest import Proposed


def csv_of(*columns: tuple[str, list[str]]) -> str:
    """Columns by their names, separated by semicolons."""
    lines = [[name for name, _ in columns], *zip(*(values for _, values in columns), strict=True)]
    return "".join(";".join(line) + "\n" for line in lines)


def column(proposal: Proposal, name: str = "x") -> ProposedColumn:
    return next(column for column in proposal.columns if column.name == name)


IDS = ("id", ["1", "2", "3"])


@pytest.mark.parametrize(
    ("values", "kind", "format"),
    [
        (["31.12.2026", "01.02.2026", "03.04.2026"], "date", "dd.MM.yyyy"),
        (["31.12.2026", "1.2.2026", "3.4.2026"], "date", "d.M.yyyy"),
        (["12/31/2026", "01/02/2026", "03/04/2026"], "date", "MM/dd/yyyy"),
        (["31/12/2026", "01/02/2026", "03/04/2026"], "date", "dd/MM/yyyy"),
        (["31-DEC-26", "01-may-26", "03-Apr-26"], "date", "dd-MMM-yy"),
        (["1 May 2026", "2 May 2026", "3 May 2026"], "date", "d MMM yyyy"),
        (["31.12.2026 10:00", "01.02.2026 11:30", "03.04.2026 00:00"], "timestamp",
         "dd.MM.yyyy HH:mm"),
        (["12/31/2026 1:05 PM", "1/2/2026 11:30 AM", "3/4/2026 12:00 AM"], "timestamp",
         "M/d/yyyy h:mm a"),
        (["2026-12-31 10:00", "2026-02-01 11:30", "2026-04-03 00:00"], "timestamp",
         "yyyy-MM-dd HH:mm"),
        (["1,5", "12,25", "-3,00"], "decimal(18,2)", "1234,56"),
        (["1.234,5", "12,25", "-3.000,00"], "decimal(18,2)", "1.234,56"),
        (["1 234,5", "12,25", "-3 000,00"], "decimal(18,2)", "1 234,56"),
        (["1,234.5", "12.25", "-3,000.00"], "decimal(18,2)", "1,234.56"),
        (["2026-12-31", "2026-02-01", "2026-04-03"], "date", ""),
        (["1.5", "12.25", "-3.00"], "decimal(18,2)", ""),
        (["31.12.2026", "01.02.2026", "soon"], "string", ""),
        (["1,5", "12,25", "many"], "string", ""),
    ],
)  # fmt: skip
def test_a_format_that_every_value_fits_is_proposed(
    proposed: Proposed, values: list[str], kind: str, format: str
) -> None:
    proposal = proposed("orders.csv", csv_of(IDS, ("x", values)))
    found = column(proposal)
    assert (found.type, found.format) == (kind, format)
    contract, problems = parse(parse_yaml(contract_text(proposal), "f.odcs.yaml"))
    assert contract is not None, problems
    assert (contract.column("x").type, contract.column("x").format) == (kind, format)
    assert any("read by a format: x as" in note for note in proposal.notes) == bool(format)


@pytest.mark.parametrize(
    ("values", "doubt"),
    [
        (["01/02/2026", "03/04/2026", "12/12/2026"], ("dd/MM/yyyy", "MM/dd/yyyy")),
        (["1,234", "2,500", "950,125"], ("1234,56", "1,234.56")),
        (["732 829 320", "123 456 789", "111 222 333"], ("1 234,56",)),
        (["+49 151,5", "+49 152,5", "+49 153,0"], ()),
        (["01234", "98765", "12,5"], ()),
        (["soon", "later", "never"], ()),
    ],
)
def test_what_may_mean_two_things_stays_text_and_is_told(
    proposed: Proposed, values: list[str], doubt: tuple[str, ...]
) -> None:
    proposal = proposed("orders.csv", csv_of(IDS, ("x", values)))
    found = column(proposal)
    assert (found.type, found.format) == ("string", "")
    told = " ".join(words for words, _ in found.hints)
    assert all(format in told for format in doubt)
    assert any("x: kept as text" in note for note in proposal.notes) == bool(doubt)


def test_the_last_value_of_many_may_tell_the_month_from_the_day(proposed: Proposed) -> None:
    lines = [f"{n},01/02/2026" for n in range(30_000)]
    proposal = proposed("orders.csv", "\n".join(["id,x", *lines, "30000,01/13/2026"]))
    assert column(proposal).format == "MM/dd/yyyy"


@pytest.mark.parametrize(
    ("amounts", "form"),
    [(["1.234,56", "19,90", "3,00"], "1.234,56"), (["1 234,56", "2,50", "3,00"], "1 234,56")],
)
def test_small_numbers_have_their_thousands_parted_as_the_file_has_them(
    proposed: Proposed, amounts: list[str], form: str
) -> None:
    found = proposed(
        "fees.csv", csv_of(IDS, ("amount", amounts), ("fee", ["0,35", "1,20", "1,00"]))
    )
    assert column(found, "amount").format == form
    assert column(found, "fee").format == form


def test_where_columns_part_thousands_in_two_ways_small_numbers_tell_neither(
    proposed: Proposed,
) -> None:
    sums = [("a", ["1.234,56", "1,10", "1,00"]), ("b", ["1 234,56", "1,10", "1,00"])]
    found = proposed("fees.csv", csv_of(IDS, *sums, ("fee", ["0,35", "1,20", "1,00"])))
    assert [column(found, name).format for name in ("a", "b", "fee")] == [
        "1.234,56",
        "1 234,56",
        "1234,56",
    ]


def test_decimal_commas_of_one_column_say_what_a_mark_is_in_the_others(proposed: Proposed) -> None:
    proposal = proposed(
        "orders.csv",
        csv_of(
            IDS,
            ("price", ["19,90", "5,00", "7,25"]),
            ("weight", ["1,250", "2,500", "0,125"]),
            ("quantity", ["1.250", "950", "2.000"]),
            ("ratio", ["1.25", "0.5", "2.0"]),
        ),
    )
    found = {c.name: (c.type, c.format) for c in proposal.columns}
    assert found["price"] == ("decimal(18,2)", "1234,56")
    assert found["weight"] == ("decimal(18,3)", "1234,56")
    assert found["ratio"] == ("decimal(18,2)", "")
    assert found["quantity"] == ("string", "")
    assert "1.234,56" in column(proposal, "quantity").hints[0][0]


def test_texts_of_json_may_be_dates_but_are_no_numbers(proposed: Proposed) -> None:
    proposal = proposed(
        "orders.jsonl",
        '{"id": 1, "day": "31.12.2026", "amount": "1,5"}\n'
        '{"id": 2, "day": "01.02.2026", "amount": "2,5"}\n',
    )
    assert (column(proposal, "day").type, column(proposal, "day").format) == ("date", "dd.MM.yyyy")
    assert column(proposal, "amount").type == "string"


def test_moments_without_a_zone_are_told_to_be_taken_for_utc(proposed: Proposed) -> None:
    local = proposed("a.csv", csv_of(IDS, ("x", [f"0{n}.02.2026 10:00" for n in (1, 2, 3)])))
    assert any("x: taken for UTC" in note for note in local.notes)
    zoned = [f"0{n}.02.2026 10:00:00+01:00" for n in (1, 2, 3)]
    assert not any("UTC" in note for note in proposed("b.csv", csv_of(IDS, ("x", zoned))).notes)
