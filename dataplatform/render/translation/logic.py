"""Spark's comparisons, conditions and choices in DuckDB."""

from __future__ import annotations

from sqlglot import exp

from dataplatform.render.translation.terms import Rule, Terms
from dataplatform.render.typed import Typed, Untranslatable, only

_SIGNS = {
    exp.EQ: "=", exp.NEQ: "<>", exp.LT: "<", exp.LTE: "<=", exp.GT: ">", exp.GTE: ">=",
    exp.NullSafeEQ: "IS NOT DISTINCT FROM", exp.NullSafeNEQ: "IS DISTINCT FROM",
}  # fmt: skip
_CONNECTORS = {exp.And: "AND", exp.Or: "OR"}


def _compared(terms: Terms, node: exp.Binary) -> Typed:
    (left, right), _ = terms.alike(node, [node.this, node.expression])
    return Typed(f"({left} {_SIGNS[type(node)]} {right})", "boolean")


def _connected(terms: Terms, node: exp.Connector) -> Typed:
    # As written, without recursion: a model may have hundreds of conditions in a row.
    parts = [terms.truth(part) for part in node.flatten(unnest=False)]
    return Typed(f"({f' {_CONNECTORS[type(node)]} '.join(parts)})", "boolean")


def _between(terms: Terms, node: exp.Between) -> Typed:
    only(node, {"this", "low", "high", "negate"})
    parts, _ = terms.alike(node, [node.this, node.args["low"], node.args["high"]])
    sign = "NOT BETWEEN" if node.args.get("negate") else "BETWEEN"
    return Typed(f"({parts[0]} {sign} {parts[1]} AND {parts[2]})", "boolean")


def _is(terms: Terms, node: exp.Is) -> Typed:
    right = node.expression
    if isinstance(right, exp.Null):
        return Typed(f"({terms.value(node.this).sql} IS NULL)", "boolean")
    if isinstance(right, exp.Boolean):
        word = "TRUE" if right.this else "FALSE"
        return Typed(f"({terms.truth(node.this)} IS {word})", "boolean")
    raise Untranslatable(node, node.sql("spark"), "IS NULL, IS TRUE or IS FALSE")


def _chosen(terms: Terms, node: exp.Case) -> Typed:
    only(node, {"this", "ifs", "default"})
    conditions = []
    for branch in node.args["ifs"]:
        if node.this is None:
            conditions.append(terms.truth(branch.this))
        else:
            (left, right), _ = terms.alike(branch, [node.this, branch.this])
            conditions.append(f"{left} = {right}")
    results = [branch.args["true"] for branch in node.args["ifs"]]
    if (default := node.args.get("default")) is not None:
        results.append(default)
    values, kind = terms.alike(node, results)
    whens = " ".join(f"WHEN {c} THEN {v}" for c, v in zip(conditions, values, strict=False))
    rest = f" ELSE {values[-1]}" if default is not None else ""
    return Typed(f"CASE {whens}{rest} END", kind)


def _if(terms: Terms, node: exp.If) -> Typed:
    only(node, {"this", "true", "false"})
    return _either(terms, node, terms.truth(node.this))


def _nvl2(terms: Terms, node: exp.Nvl2) -> Typed:
    return _either(terms, node, f"{terms.value(node.this).sql} IS NOT NULL")


def _either(terms: Terms, node: exp.Expr, condition: str) -> Typed:
    (true, false), kind = terms.alike(
        node, [node.args["true"], node.args.get("false") or exp.Null()]
    )
    return Typed(f"CASE WHEN {condition} THEN {true} ELSE {false} END", kind)


def _listed(function: str) -> Rule:
    def rule(terms: Terms, node: exp.Func) -> Typed:
        parts, kind = terms.alike(node, [node.this, *node.expressions])
        return Typed(f"{function}({', '.join(parts)})", kind)

    return rule


def _nullif(terms: Terms, node: exp.Nullif) -> Typed:
    value = terms.value(node.this)
    (left, right), _ = terms.alike(node, [node.this, node.expression])
    return Typed(f"CASE WHEN {left} = {right} THEN NULL ELSE {value.sql} END", value.type)


RULES: dict[type[exp.Expr], Rule] = {
    **dict.fromkeys(_SIGNS, _compared),
    **dict.fromkeys(_CONNECTORS, _connected),
    exp.Not: lambda terms, node: Typed(f"(NOT {terms.truth(node.this)})", "boolean"),
    exp.Between: _between,
    exp.Is: _is,
    exp.Case: _chosen,
    exp.If: _if,
    exp.Nvl2: _nvl2,
    exp.Coalesce: _listed("COALESCE"),
    exp.Greatest: _listed("GREATEST"),
    exp.Least: _listed("LEAST"),
    exp.Nullif: _nullif,
}
