"""A proposal from a sample, held against the sample by the rules that the platform would apply."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import duckdb

from cli.inference import meaning
from cli.inference.document import contract_text, quoted
from cli.inference.keys import find_key, find_likely_key
from cli.inference.model import Profile, Proposal, ProposedColumn, Sample
from cli.inference.names import column_names
from cli.inference.nearly import Nearly, nearly, told_of
from cli.inference.nested import as_text, parts_of
from cli.inference.notes import SAY_WHICH, of_formats, of_sample
from cli.inference.profiling import database, profiles, profiles_of
from cli.inference.reading import Read, Show, read
from cli.inference.types import column_type
from cli.inference.written import NUMBER, Written, converted, written
from dataplatform.compiler.silver import silver_plan
from dataplatform.contracts.document import parse as parse_yaml
from dataplatform.contracts.parser import parse
from dataplatform.errors import InvalidContract
from dataplatform.naming import BronzeColumn, Names
from dataplatform.plans.model import SilverPlan, fill

_MALFORMED = re.compile(r"malformed ([a-z][a-z0-9_.\[\]]*)")
_BATCH = 10_000
_ORDERED = ("timestamp", "date")
_ANY = Names("dev")


def propose(domain: str, dataset: str, sample: Sample, folder: Path, show: Show) -> Proposal:
    """Read all of a sample and propose a contract that takes every record of it.

    Args:
        folder: where text may wait on disk, some three times the sample's size at most.
        show: is told how far it is.

    Raises:
        UnusableSample: no contract can be made from it.
    """
    found = read(sample, folder, show)
    with database(folder) as connection:
        looked_at = profiles(connection, found, show)
        show("how dates and numbers are written")
        forms = {} if sample.types else written(connection, found, looked_at)
        numbers = {place: one.format for place, one in forms.items() if one.kind == NUMBER}
        if numbers:
            converted(connection, found, numbers)
            again = profiles_of(connection, found, list(numbers), "sample")
            for place, profile in zip(numbers, again, strict=True):
                looked_at[place] = profile
        proposal = _drafted(connection, domain, dataset, sample, found, looked_at, forms)
        while wrong := _refused(connection, proposal, found, show):
            columns = [_as_text(column, wrong) for column in proposal.columns]
            proposal = replace(proposal, columns=tuple(columns))
    return proposal


def compiled(proposal: Proposal, file: str) -> SilverPlan:
    """The plan that the proposal's text gives.

    Raises:
        InvalidContract: it isn't a contract, which is a fault of the inference.
    """
    contract, problems = parse(parse_yaml(contract_text(proposal), file))
    if contract is None:
        raise InvalidContract(problems, why="What was inferred is no contract: a fault of Weir.")
    return silver_plan(contract, _ANY)


def _drafted(
    connection: duckdb.DuckDBPyConnection,
    domain: str,
    dataset: str,
    sample: Sample,
    found: Read,
    looked_at: Sequence[Profile],
    forms: Mapping[int, Written],
) -> Proposal:
    names = column_names(found.fields)
    known = {found.fields[place] for place in forms} | set(found.text) | set(sample.types)
    almost = nearly(connection, looked_at, known)
    columns = [
        _nested(connection, found, profile, column)
        if column.type == "string" and profile.field not in found.text and sample.format == "json"
        else column
        for profile, column in (
            (
                profile,
                _column(
                    name,
                    profile,
                    sample,
                    forms.get(place, Written()),
                    almost.get(profile.field),
                    text=profile.field in found.text,
                ),
            )
            for place, (name, profile) in enumerate(zip(names, looked_at, strict=True))
        )
    ]
    distinct = {name: p.distinct for name, p in zip(names, looked_at, strict=True)}
    longest = {name: p.longest for name, p in zip(names, looked_at, strict=True)}
    rows = looked_at[0].values + looked_at[0].missing
    told = tuple(name for name, p in zip(names, looked_at, strict=True) if p.field in sample.key)
    key = told or find_key(connection, dataset, columns, distinct, longest, rows)
    likely = () if key else find_likely_key(connection, columns, distinct, longest, rows)
    return Proposal(
        domain=domain,
        dataset=dataset,
        origin=sample.origin,
        format=sample.format,
        columns=tuple(columns),
        key=key,
        likely_key=likely,
        ordering=_ordering(columns) if key else "",
        records=found.records,
        rejected=found.rejected,
        csv=sample.csv,
        notes=(
            *sample.notes,
            *of_formats(columns),
            *told_of(almost, columns),
            *of_sample(found, names, key, likely, rows),
        ),  # fmt: skip
    )


def _column(
    name: str,
    profile: Profile,
    sample: Sample,
    form: Written,
    almost: Nearly | None,
    *,
    text: bool,
) -> ProposedColumn:
    kind, why = column_type(name, profile, text=text)
    kind = sample.types.get(profile.field, kind)
    format = form.format
    if form.doubt:
        fit = f"{' and '.join(form.doubt)} fit" + ("s" if len(form.doubt) == 1 else "")
        kind, why = "string", f"{fit} every value, for all that is known: {SAY_WHICH}"
    elif form.kind in ("date", "timestamp"):
        kind, why = form.kind, ""
    elif kind == "string":
        format = ""  # a code, or more digits than any number holds
    about = meaning.personal(name, profile.patterns) if kind in ("string", "date") else ""
    hints = [(why, "")] if why and profile.field not in sample.types else []
    if almost:
        hints.append((almost.said(shown=not about), ""))
    if about:
        hints.append((f"personal, by {about}: no message shows a value of it", ""))
    elif not almost:
        hints += _suggestions(kind, name, profile)
    return ProposedColumn(
        name=name,
        field=profile.field,
        type=kind,
        required=_required(profile, sample),
        pii=bool(about),
        format=format,
        description=sample.descriptions.get(profile.field, ""),
        hints=tuple(hints),
    )


def _nested(
    connection: duckdb.DuckDBPyConnection, found: Read, profile: Profile, column: ProposedColumn
) -> ProposedColumn:
    """The column as an object or array, where all its values are alike; else as it is."""
    name = f"c{found.fields.index(profile.field)}"
    read = f"SELECT {name} FROM read_parquet('{found.file}') WHERE {name} IS NOT NULL"
    cursor = connection.cursor().execute(read)
    texts = (text for rows in iter(lambda: cursor.fetchmany(_BATCH), []) for (text,) in rows)
    proposed = parts_of(texts)
    if proposed is None:
        return column
    return replace(column, type=proposed.type, parts=proposed.parts, pii=False, hints=())


def _required(profile: Profile, sample: Sample) -> bool:
    """Whether no record misses it, and none may by the source's own word."""
    whole = not profile.missing and profile.values > 0
    return whole and profile.field not in sample.nullable


def _suggestions(kind: str, name: str, profile: Profile) -> list[tuple[str, str]]:
    """What could be asked of the values: words, and the line of contract that would."""
    if profile.few and kind == "string":
        values = ", ".join(quoted(value) for value in profile.few)
        rule = f"{{metric: invalidValues, mustBe: 0, arguments: {{validValues: [{values}]}}}}"
        return [("all values of the sample", f"quality: [{rule}]")]
    if meaning.identity(name):
        return []
    number = kind in ("int", "bigint") or kind.startswith("decimal")
    if number and profile.low and profile.low != profile.high:
        bounds = f"{{minimum: {profile.low}, maximum: {profile.high}}}"
        return [("the sample's range", f"logicalTypeOptions: {bounds}")]
    return []


def _ordering(columns: Sequence[ProposedColumn]) -> str:
    """The column that says when a row was last changed; "" where none does for certain."""
    return next(
        (c.name for c in columns if c.type in _ORDERED and c.required and meaning.updated(c.name)),
        "",
    )


def _refused(
    connection: duckdb.DuckDBPyConnection, proposal: Proposal, found: Read, show: Show
) -> set[str]:
    """Columns whose type refuses a value of the sample, by the plan's own SQL."""
    show("holding every record against the contract")
    plan = compiled(proposal, "contracts/proposal.odcs.yaml")
    connection.execute(f"CREATE OR REPLACE TEMP VIEW bronze AS {_bronze(proposal, found)}")
    typed = fill(plan.duckdb.typed, bronze="bronze")
    reasons = connection.execute(
        f"SELECT DISTINCT unnest(_reasons) FROM ({typed}) WHERE len(_reasons) > 0 LIMIT 1000"
    ).fetchall()
    wrong = {match[1] for (reason,) in reasons if (match := _MALFORMED.match(reason))}
    if reasons and not wrong:
        raise AssertionError(f"a proposal asks what the sample doesn't keep: {reasons[0][0]}")
    return wrong


def _bronze(proposal: Proposal, found: Read) -> str:
    """The sample's text as bronze would have it."""
    system = {column: "CAST(NULL AS VARCHAR)" for column in BronzeColumn}
    system |= {
        BronzeColumn.OP: "op",
        BronzeColumn.POSITION: "CAST(0 AS BIGINT)",
        BronzeColumn.ARRIVED_AT: "TIMESTAMPTZ '2000-01-01 00:00:00+00'",
    }
    place = {field: number for number, field in enumerate(found.fields)}
    own = [f'c{place[column.field]} AS "{column.name}"' for column in proposal.columns]
    own += [f'{sql} AS "{name.value}"' for name, sql in system.items()]
    return f"SELECT {', '.join(own)} FROM read_parquet('{found.file}')"


def _as_text(column: ProposedColumn, wrong: set[str]) -> ProposedColumn:
    """The column without the types, its own or of what is in it, that refuse a value."""
    for path in sorted(wrong):
        if path.partition(".")[0].rstrip("[]") == column.name:
            why = "not every value is of one type as the platform reads it"
            if not column.parts:
                why = f"not every value is a {column.type} as the platform reads it"
            column = as_text(column, path, why)
    return column
