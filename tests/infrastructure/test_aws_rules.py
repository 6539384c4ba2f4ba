"""What only AWS enforces: the embedded AWS lets each of these pass, and an account would not.

Each rule names where AWS (or who found it out) says so.
"""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from dataplatform.naming import Zone
from stacks.assets import ROOT
from stacks.constructs.wildcards import flat
from tests.infrastructure.assembly import Assembly, Resource, listed

FUNCTION_MEMORY_OF_A_NEW_ACCOUNT = 3008
TYPES_WITH_A_LIMIT_OF_TEN_MINUTES = 600


def _platform_functions(assembly: Assembly) -> list[Resource]:
    return [
        function
        for function in assembly.resources("AWS::Lambda::Function")
        if str(function.properties["Handler"]).startswith("lambdas.")
    ]


class TestStateAndNames:
    def test_iceberg_tables_are_not_cloudformations(self, stage: Assembly) -> None:
        """An update of AWS::Glue::Table strips `table_type` and `metadata_location`.

        https://github.com/aws-cloudformation/cloudformation-coverage-roadmap/issues/1919 and /2495
        """
        assert not stage.resources("AWS::Glue::Table")
        assert len(stage.resources("AWS::Glue::Database")) == len(Zone) - 1

    def test_tables_are_migrated_when_contracts_change_and_time_out_soon(
        self, stage: Assembly
    ) -> None:
        """Without ServiceTimeout, CloudFormation waits an hour for a function that never answers.

        https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-cloudformation-customresource.html
        """
        (schemas,) = stage.resources("Custom::WeirSchemas")
        assert re.fullmatch(r"[0-9a-f]{64}", schemas.properties["PlanDigest"])
        for resource in stage.resources():
            if resource.type.startswith("Custom::Weir"):
                timeout = int(resource.properties["ServiceTimeout"])
                assert timeout <= TYPES_WITH_A_LIMIT_OF_TEN_MINUTES, resource

    def test_the_migration_waits_for_databases_and_rights(self, stage: Assembly) -> None:
        (schemas,) = stage.resources("Custom::WeirSchemas")
        before = set(listed(schemas.raw["DependsOn"]))
        databases = {r.logical_id for r in stage.resources("AWS::Glue::Database")}
        policies = {
            policy.logical_id
            for policy in stage.resources("AWS::IAM::Policy", stack="catalog")
            if "MigrateSchemas" in policy.logical_id
        }
        assert databases | policies <= before

    def test_no_rule_ages_live_files_of_an_iceberg_table(self, stage: Assembly) -> None:
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

    def test_what_is_retained_has_a_generated_name(self, stage: Assembly) -> None:
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

    def test_no_export_holds_a_resource_hostage(self, stage: Assembly) -> None:
        """An exported value can't change while a stack imports it; weak references can.

        https://docs.aws.amazon.com/cdk/v2/guide/resources.html (references between stacks)
        """
        text = json.dumps(stage.templates)
        assert "Fn::ImportValue" not in text
        for concern in stage.templates:
            assert not [o for o in stage.outputs(concern).values() if "Export" in o], concern

    def test_stacks_stay_far_below_the_limit_of_resources(self, stage: Assembly) -> None:
        """500 resources a stack.

        https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/cloudformation-limits.html
        """
        for concern in stage.templates:
            assert len(stage.resources(stack=concern)) < 250, concern

    def test_account_wide_settings_are_left_alone(self, stage: Assembly) -> None:
        """Two stages would overwrite each other's: they belong in a stack of the account."""
        assert not stage.resources(
            "AWS::LakeFormation::DataLakeSettings",
            "AWS::Glue::DataCatalogEncryptionSettings",
            "AWS::CE::AnomalyMonitor",
        )


class TestLambda:
    def test_python_is_the_one_that_the_lake_layer_is_built_for(self, stage: Assembly) -> None:
        """Python 3.11 is Amazon Linux 2, glibc 2.26; the layer's own test looks at its binaries.

        https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtimes.html
        """
        for function in _platform_functions(stage):
            assert function.properties["Runtime"] == "python3.11", function
            assert function.properties["Architectures"] == ["x86_64"], function

    def test_memory_is_what_a_new_account_may_ask_for(self, stage: Assembly) -> None:
        """https://docs.aws.amazon.com/lambda/latest/dg/troubleshooting-deployment.html"""
        for function in _platform_functions(stage):
            assert function.properties["MemorySize"] <= FUNCTION_MEMORY_OF_A_NEW_ACCOUNT, function

    def test_no_concurrency_is_reserved(self, stage: Assembly) -> None:
        """A new account has ten, and ten must stay unreserved.

        https://docs.aws.amazon.com/lambda/latest/dg/configuration-concurrency.html
        """
        for function in stage.resources("AWS::Lambda::Function"):
            assert "ReservedConcurrentExecutions" not in function.properties, function
        for mapping in stage.resources("AWS::Lambda::EventSourceMapping"):
            assert mapping.properties["ScalingConfig"] == {"MaximumConcurrency": 2}

    def test_a_queue_hides_a_message_for_six_times_its_functions_time(
        self, stage: Assembly
    ) -> None:
        """https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-configure.html"""
        functions = {r.logical_id: r for r in stage.resources("AWS::Lambda::Function")}
        queues = {r.logical_id: r for r in stage.resources("AWS::SQS::Queue")}
        for mapping in stage.resources("AWS::Lambda::EventSourceMapping"):
            function = functions[mapping.properties["FunctionName"]["Ref"]]
            queue = queues[mapping.properties["EventSourceArn"]["Fn::GetAtt"][0]]
            window = mapping.properties["MaximumBatchingWindowInSeconds"]
            hidden = queue.properties["VisibilityTimeout"]
            assert hidden >= 6 * function.properties["Timeout"] + window
            assert mapping.properties["FunctionResponseTypes"] == ["ReportBatchItemFailures"]


class TestGlue:
    def test_spark_settings_are_one_chained_argument(self, stage: Assembly) -> None:
        """A job argument exists once, so further settings follow inside the first.

        https://docs.aws.amazon.com/glue/latest/dg/aws-glue-programming-etl-format-iceberg.html
        """
        for job in stage.resources("AWS::Glue::Job"):
            arguments = job.properties["DefaultArguments"]
            settings = flat(arguments["--conf"]).split(" --conf ")
            assert all(re.match(r"spark\.[\w.-]+=\S", setting) for setting in settings), settings
            names = {setting.partition("=")[0] for setting in settings}
            assert "spark.sql.catalog.glue_catalog.warehouse" in names
            assert arguments["--datalake-formats"] == "iceberg"

    def test_more_than_one_run_of_a_job_may_go_on(self, stage: Assembly) -> None:
        """The default is one; the next start fails with ConcurrentRunsExceededException.

        https://docs.aws.amazon.com/glue/latest/webapi/API_ExecutionProperty.html
        """
        for job in stage.resources("AWS::Glue::Job"):
            assert job.properties["ExecutionProperty"]["MaxConcurrentRuns"] >= 3, job
            assert job.properties["GlueVersion"] == "5.1", job
            assert job.properties["Timeout"] <= 150, job  # minutes; the default is two days

    def test_the_state_machine_may_follow_and_stop_the_runs_it_starts(
        self, stage: Assembly
    ) -> None:
        """https://docs.aws.amazon.com/step-functions/latest/dg/connect-glue.html"""
        actions = {
            action
            for statement in stage.policies_of("PipelineRole")
            for action in listed(statement["Action"])
        }
        assert actions >= {
            *("glue:StartJobRun", "glue:GetJobRun", "glue:GetJobRuns", "glue:BatchStopJobRun")
        }

    def test_encrypted_logs_of_jobs_may_be_given_their_key(self, stage: Assembly) -> None:
        """https://docs.aws.amazon.com/glue/latest/dg/set-up-encryption.html"""
        for role in ("SilverRole", "GoldRole"):
            actions = {a for s in stage.policies_of(role) for a in listed(s["Action"])}
            assert "logs:AssociateKmsKey" in actions, role


class TestRedshift:
    def test_subnets_lie_in_three_zones_of_whatever_region(self, stage: Assembly) -> None:
        """https://docs.aws.amazon.com/redshift/latest/mgmt/serverless-usage-considerations.html"""
        zones = {
            json.dumps(subnet.properties["AvailabilityZone"])
            for subnet in stage.resources("AWS::EC2::Subnet")
        }
        assert zones == {
            json.dumps({"Fn::Select": [index, {"Fn::GetAZs": ""}]}) for index in range(3)
        }
        (workgroup,) = stage.resources("AWS::RedshiftServerless::Workgroup")
        assert len(workgroup.properties["SubnetIds"]) == 3

    def test_enhanced_vpc_routing_comes_with_its_endpoints(
        self, dev: Assembly, prod: Assembly
    ) -> None:
        """https://docs.aws.amazon.com/redshift/latest/mgmt/enhanced-vpc-working-with-endpoints.html"""
        for assembly, private in ((dev, False), (prod, True)):
            (workgroup,) = assembly.resources("AWS::RedshiftServerless::Workgroup")
            assert workgroup.properties["EnhancedVpcRouting"] is private
            kinds = [
                endpoint.properties["VpcEndpointType"]
                for endpoint in assembly.resources("AWS::EC2::VPCEndpoint")
            ]
            assert kinds.count("Gateway") == 2
            assert ("Interface" in kinds) is private

    def test_capacity_and_use_are_limited(self, stage: Assembly) -> None:
        """The default capacity is 128 RPU, at about $48 an hour of use.

        https://docs.aws.amazon.com/redshift/latest/mgmt/serverless-capacity.html
        """
        (workgroup,) = stage.resources("AWS::RedshiftServerless::Workgroup")
        (completion,) = stage.resources("Custom::WeirWarehouseCompletion")
        assert workgroup.properties["BaseCapacity"] in (4, 8)
        assert int(completion.properties["RpuHours"]) > 0

    def test_copy_reads_by_a_role_that_redshift_may_assume(self, stage: Assembly) -> None:
        """https://docs.aws.amazon.com/redshift/latest/mgmt/redshift-serverless-iam.html"""
        (role,) = (
            role
            for role in stage.resources("AWS::IAM::Role", stack="warehouse")
            if "CopyRole" in role.logical_id
        )
        services = {
            service
            for statement in role.properties["AssumeRolePolicyDocument"]["Statement"]
            for service in listed(statement["Principal"]["Service"])
        }
        assert services == {"redshift.amazonaws.com", "redshift-serverless.amazonaws.com"}
        actions = {a for s in stage.policies_of("CopyRole") for a in listed(s["Action"])}
        assert {"s3:GetObject*", "kms:Decrypt"} <= actions

    def test_the_role_that_loads_is_named_as_redshift_grants_to_it(self, dev: Assembly) -> None:
        """Data API callers are users `IAMR:<role>`, and need GRANTs by that name.

        https://docs.aws.amazon.com/redshift/latest/mgmt/data-api-access.html
        """
        role = dev.one("AWS::IAM::Role", RoleName="weir-dev-loader")
        migration = dev.one(
            "AWS::Lambda::Function", FunctionName="weir-dev-migrate-schemas"
        ).properties["Environment"]["Variables"]
        assert migration["WEIR_LOADER_ROLE_NAME"] == role.properties["RoleName"]

    def test_who_looks_at_a_load_is_who_submitted_it_but_not_the_same_session(
        self, stage: Assembly
    ) -> None:
        """A statement's owner is `role id:session`, and each function is a session of its own.

        https://docs.aws.amazon.com/redshift/latest/mgmt/data-api-access.html
        """
        (statement,) = (
            s
            for s in stage.policies_of("LoaderRole")
            if "redshift-data:DescribeStatement" in listed(s["Action"])
        )
        ((operator, condition),) = statement["Condition"].items()
        owner = flat(condition["redshift-data:statement-owner-iam-userid"])
        assert operator == "StringLike"
        assert re.fullmatch(r"<LoaderRole\w+\.RoleId>:\*", owner)

    def test_actions_without_resources_are_allowed_on_all(self, stage: Assembly) -> None:
        """Usage limits aren't resources of IAM: an ARN there would allow nothing.

        https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonredshiftserverless.html
        """
        (statement,) = (
            s
            for s in stage.policies_of("CompleteWarehouseRole")
            if "redshift-serverless:CreateUsageLimit" in listed(s["Action"])
        )
        assert statement["Resource"] == "*"


class TestKeysEventsOrchestration:
    def _statements(self, stage: Assembly, service: str) -> list[dict[str, Any]]:
        return [
            statement
            for key in stage.resources("AWS::KMS::Key")
            for statement in key.properties["KeyPolicy"]["Statement"]
            if any(
                service in flat(principal)
                for principal in listed(statement["Principal"].get("Service", []))
            )
        ]

    def test_log_groups_may_use_their_key(self, stage: Assembly) -> None:
        """https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/encrypt-log-data-kms.html"""
        (statement,) = self._statements(stage, "logs.")
        (patterns,) = statement["Condition"]["ArnLike"].values()
        covered = [flat(pattern).partition("log-group:")[2].rstrip("*") for pattern in patterns]
        for group in stage.resources("AWS::Logs::LogGroup"):
            name = str(group.properties["LogGroupName"])
            assert any(name.startswith(prefix) for prefix in covered), name

    @pytest.mark.parametrize("service", ["cloudwatch.", "events."])
    def test_alarms_and_rules_may_use_the_topics_key(self, stage: Assembly, service: str) -> None:
        """https://docs.aws.amazon.com/sns/latest/dg/sns-key-management.html"""
        (statement,) = self._statements(stage, service)
        assert {"kms:Decrypt", "kms:GenerateDataKey*"} <= set(statement["Action"])
        assert "aws:SourceAccount" in statement["Condition"]["StringEquals"]

    @pytest.mark.parametrize("service", ["cloudwatch.", "events."])
    def test_alarms_and_rules_may_publish_to_the_topic(self, stage: Assembly, service: str) -> None:
        """A policy of one's own replaces the default one, by which alarms could publish.

        https://docs.aws.amazon.com/sns/latest/dg/sns-access-policy-use-cases.html
        """
        (policy,) = stage.resources("AWS::SNS::TopicPolicy")
        assert [
            statement
            for statement in policy.properties["PolicyDocument"]["Statement"]
            if statement["Effect"] == "Allow" and service in flat(statement["Principal"])
        ]

    def test_no_key_names_a_role(self, stage: Assembly) -> None:
        """A principal that doesn't exist yet is an error; one that is deleted turns into an id.

        https://docs.aws.amazon.com/kms/latest/developerguide/key-policies.html
        """
        for key in stage.resources("AWS::KMS::Key"):
            for statement in key.properties["KeyPolicy"]["Statement"]:
                assert ":role/" not in json.dumps(statement["Principal"]), key

    def test_no_custom_resource_switches_bucket_events_on(self, stage: Assembly) -> None:
        """The CDK's own switch adds a Lambda; the bucket has a property.

        https://github.com/aws/aws-cdk/issues/21778
        """
        assert not stage.resources("Custom::S3BucketNotifications")
        switched = [
            bucket
            for bucket in stage.resources("AWS::S3::Bucket")
            if bucket.properties.get("NotificationConfiguration")
            == {"EventBridgeConfiguration": {"EventBridgeEnabled": True}}
        ]
        assert len(switched) == 1

    def test_access_logs_go_where_s3_can_write_them(self, stage: Assembly) -> None:
        """Only to a bucket with SSE-S3 and without a default retention.

        https://docs.aws.amazon.com/AmazonS3/latest/userguide/enable-server-access-logging.html
        """
        targets = {
            bucket.properties["LoggingConfiguration"]["DestinationBucketName"]["Ref"]
            for bucket in stage.resources("AWS::S3::Bucket")
            if "LoggingConfiguration" in bucket.properties
        }
        (target,) = targets
        logs = next(b for b in stage.resources("AWS::S3::Bucket") if b.logical_id == target)
        (rule,) = logs.properties["BucketEncryption"]["ServerSideEncryptionConfiguration"]
        assert rule["ServerSideEncryptionByDefault"] == {"SSEAlgorithm": "AES256"}
        assert "ObjectLockConfiguration" not in logs.properties

    def test_the_pipelines_log_has_the_vended_prefix(self, stage: Assembly) -> None:
        """Elsewhere each state machine grows one resource policy that ends at 5,120 characters.

        https://docs.aws.amazon.com/step-functions/latest/dg/bp-cwl.html
        """
        (machine,) = stage.resources("AWS::StepFunctions::StateMachine")
        (destination,) = machine.properties["LoggingConfiguration"]["Destinations"]
        group_id = destination["CloudWatchLogsLogGroup"]["LogGroupArn"]["Fn::GetAtt"][0]
        group = next(g for g in stage.resources("AWS::Logs::LogGroup") if g.logical_id == group_id)
        assert group.properties["LogGroupName"].startswith("/aws/vendedlogs/states/")

    def test_nothing_bills_while_idle_in_dev(self, dev: Assembly) -> None:
        """Each of these costs money by the hour, used or not: https://aws.amazon.com/pricing/"""
        assert not dev.resources(
            *("AWS::Kinesis::Stream", "AWS::EC2::NatGateway", "AWS::MSK::Cluster"),
            *("AWS::MWAA::Environment", "AWS::Redshift::Cluster", "AWS::RDS::DBInstance"),
        )
        assert not [
            endpoint
            for endpoint in dev.resources("AWS::EC2::VPCEndpoint")
            if endpoint.properties["VpcEndpointType"] == "Interface"
        ]


def test_recommended_feature_flags_are_set() -> None:
    """A flag left out keeps an old behaviour: `cdk flags` lists them."""
    context = json.loads((ROOT / "cdk.json").read_text())["context"]
    assert context["@aws-cdk/core:defaultCrossStackReferences"] == "weak"
    assert context["@aws-cdk/aws-iam:minimizePolicies"] is True
    assert context["@aws-cdk/core:validateAgainstDefaultRules"] is True
