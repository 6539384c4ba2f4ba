"""What only AWS enforces of state and names; see this package."""

from __future__ import annotations

import json
import re

from dataplatform.naming import Zone
from stacks.assets import ROOT
from tests.infrastructure.assembly import Assembly, listed

TYPES_WITH_A_LIMIT_OF_TEN_MINUTES = 600


def test_iceberg_tables_are_not_cloudformations(stage: Assembly) -> None:
    """An update of AWS::Glue::Table strips `table_type` and `metadata_location`.

    https://github.com/aws-cloudformation/cloudformation-coverage-roadmap/issues/1919 and /2495
    """
    assert not stage.resources("AWS::Glue::Table")
    assert len(stage.resources("AWS::Glue::Database")) == len(Zone) - 1


def test_tables_are_migrated_when_contracts_change_and_time_out_soon(stage: Assembly) -> None:
    """Without ServiceTimeout, CloudFormation waits an hour for a function that never answers.

    https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-cloudformation-customresource.html
    """
    (schemas,) = stage.resources("Custom::WeirSchemas")
    assert re.fullmatch(r"[0-9a-f]{64}", schemas.properties["PlanDigest"])
    for resource in stage.resources():
        if resource.type.startswith("Custom::Weir"):
            timeout = int(resource.properties["ServiceTimeout"])
            assert timeout <= TYPES_WITH_A_LIMIT_OF_TEN_MINUTES, resource


def test_the_migration_waits_for_databases_and_rights(stage: Assembly) -> None:
    (schemas,) = stage.resources("Custom::WeirSchemas")
    before = set(listed(schemas.raw["DependsOn"]))
    databases = {r.logical_id for r in stage.resources("AWS::Glue::Database")}
    policies = {
        policy.logical_id
        for policy in stage.resources("AWS::IAM::Policy", stack="catalog")
        if "MigrateSchemas" in policy.logical_id
    }
    assert databases | policies <= before


def test_no_rule_ages_live_files_of_an_iceberg_table(stage: Assembly) -> None:
    """A file is live for as long as a snapshot names it; deleting it by age breaks the table.

    https://iceberg.apache.org/docs/latest/maintenance/
    """
    zones = [zone.capitalize() for zone in Zone if zone is not Zone.LANDING]
    for zone in zones:
        (bucket,) = (
            bucket
            for bucket in stage.resources("AWS::S3::Bucket")
            if bucket.logical_id.startswith(zone)
        )
        for rule in bucket.properties["LifecycleConfiguration"]["Rules"]:
            assert not {"ExpirationInDays", "ExpirationDate", "Transitions"} & set(rule), bucket


def test_what_is_retained_has_a_generated_name(stage: Assembly) -> None:
    """A retained resource with a fixed name blocks the next deployment: "already exists".

    Databases, the namespace and the operator's secrets are found by their names; they hold
    nothing where a first deployment fails, and RetainExceptOnCreate removes them then.
    https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-attribute-deletionpolicy.html
    """
    for bucket in stage.resources("AWS::S3::Bucket"):
        assert "BucketName" not in bucket.properties, bucket
    for table in stage.resources("AWS::DynamoDB::Table"):
        assert "TableName" not in table.properties, table
    for resource in stage.resources():
        if resource.raw.get("DeletionPolicy") == "Retain":
            service, kind = resource.type.split("::")[1:]
            own = {"Name", f"{kind}Name", f"{service}{kind}Name"} & set(resource.properties)
            assert not own, resource


def test_no_export_holds_a_resource_hostage(stage: Assembly) -> None:
    """An exported value can't change while a stack imports it; weak references can.

    https://docs.aws.amazon.com/cdk/v2/guide/resources.html (references between stacks)
    """
    text = json.dumps(stage.templates)
    assert "Fn::ImportValue" not in text
    for concern in stage.templates:
        assert not [o for o in stage.outputs(concern).values() if "Export" in o], concern


def test_stacks_stay_far_below_the_limit_of_resources(stage: Assembly) -> None:
    """500 resources a stack.

    https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/cloudformation-limits.html
    """
    for concern in stage.templates:
        assert len(stage.resources(stack=concern)) < 250, concern


def test_account_wide_settings_are_left_alone(stage: Assembly) -> None:
    """Two stages would overwrite each other's: they belong in a stack of the account."""
    assert not stage.resources(
        "AWS::LakeFormation::DataLakeSettings",
        "AWS::Glue::DataCatalogEncryptionSettings",
        "AWS::CE::AnomalyMonitor",
    )


def test_recommended_feature_flags_are_set() -> None:
    """A flag left out keeps an old behaviour: `cdk flags` lists them."""
    context = json.loads((ROOT / "cdk.json").read_text())["context"]
    assert context["@aws-cdk/core:defaultCrossStackReferences"] == "weak"
    assert context["@aws-cdk/aws-iam:minimizePolicies"] is True
    assert context["@aws-cdk/core:validateAgainstDefaultRules"] is True
