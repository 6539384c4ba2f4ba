"""What contracts ask of data, Glue can be asked, too."""

from __future__ import annotations

from dataplatform.compiler.platform import compile_platform
from dataplatform.naming import Names
from stacks.assets import ROOT
from tests.infrastructure.assembly import Assembly


def test_each_dataset_with_rules_has_a_ruleset_at_its_silver_table(prod: Assembly) -> None:
    plan = compile_platform(ROOT, Names("prod"))
    asked = {dataset.silver_table: dataset.ruleset for dataset in plan.datasets if dataset.ruleset}
    found = {
        f"{target['DatabaseName']}.{target['TableName']}": ruleset.properties["Ruleset"]
        for ruleset in prod.resources("AWS::Glue::DataQualityRuleset", stack="catalog")
        for target in [ruleset.properties["TargetTable"]]
    }
    assert found == asked
    assert len(found) == len(plan.datasets)  # each has a key or a required column


def test_a_ruleset_comes_after_the_table_that_it_names(prod: Assembly) -> None:
    (schemas,) = [
        resource.logical_id
        for resource in prod.resources(stack="catalog")
        if resource.properties.get("PlanDigest")
    ]
    for ruleset in prod.resources("AWS::Glue::DataQualityRuleset"):
        assert schemas in ruleset.raw["DependsOn"]
