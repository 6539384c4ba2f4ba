"""What only AWS enforces of Spark jobs; see this package."""

from __future__ import annotations

import re
from collections.abc import Callable

from tests.infrastructure.assembly import Assembly, flat, listed


def test_spark_settings_are_one_chained_argument(stage: Assembly) -> None:
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


def test_more_than_one_run_of_a_job_may_go_on(stage: Assembly) -> None:
    """The default is one; the next start fails with ConcurrentRunsExceededException.

    https://docs.aws.amazon.com/glue/latest/webapi/API_ExecutionProperty.html
    """
    for job in stage.resources("AWS::Glue::Job"):
        assert job.properties["ExecutionProperty"]["MaxConcurrentRuns"] >= 3, job
        assert job.properties["GlueVersion"] == "5.1", job
        assert job.properties["Timeout"] <= 150, job  # minutes; the default is two days


def test_the_state_machine_may_follow_and_stop_the_runs_it_starts(stage: Assembly) -> None:
    """https://docs.aws.amazon.com/step-functions/latest/dg/connect-glue.html"""
    actions = {
        action
        for statement in stage.policies_of("PipelineRole")
        for action in listed(statement["Action"])
    }
    assert actions >= {
        *("glue:StartJobRun", "glue:GetJobRun", "glue:GetJobRuns", "glue:BatchStopJobRun")
    }


def test_names_of_the_jobs_logs_are_documented_ones(stage: Assembly) -> None:
    """`<prefix>/output` and `<prefix>/error`, unless a security configuration encrypts logs: then
    its name and the role's are part of them.

    https://docs.aws.amazon.com/glue/latest/dg/monitor-continuous-logging.html
    """
    groups = {group.properties["LogGroupName"] for group in stage.resources("AWS::Logs::LogGroup")}
    for job in stage.resources("AWS::Glue::Job"):
        prefix = job.properties["DefaultArguments"]["--custom-logGroup-prefix"]
        assert {f"{prefix}/output", f"{prefix}/error"} <= groups, job
    (security,) = stage.resources("AWS::Glue::SecurityConfiguration")
    assert "CloudWatchEncryption" not in security.properties["EncryptionConfiguration"]


def test_jobs_may_write_their_own_logs_and_no_others(stage: Assembly) -> None:
    allowed = [
        flat(statement["Resource"]).partition("log-group:")[2]
        for policy in stage.resources("AWS::IAM::Policy", stack="processing")
        for statement in policy.properties["PolicyDocument"]["Statement"]
        if "logs:CreateLogGroup" in listed(statement["Action"])  # functions find their groups
    ]
    prefixes = [
        job.properties["DefaultArguments"]["--custom-logGroup-prefix"]
        for job in stage.resources("AWS::Glue::Job")
    ]
    assert sorted(allowed) == sorted(f"{prefix}/*" for prefix in prefixes)


def test_spare_capacity_and_scaling_are_switches_for_jobs_that_may_have_them(
    dev: Assembly, synthesized: Callable[..., Assembly]
) -> None:
    """Flex takes Spark jobs of Glue 3.0 or later on G.1X or G.2X; scaling takes those, too.

    https://docs.aws.amazon.com/glue/latest/dg/add-job.html
    https://docs.aws.amazon.com/glue/latest/dg/auto-scaling.html
    """
    for job in dev.resources("AWS::Glue::Job"):
        assert "ExecutionClass" not in job.properties, job
        assert "--enable-auto-scaling" not in job.properties["DefaultArguments"], job
    for job in synthesized("dev", spark_flex=True, spark_auto_scaling=True).resources(
        "AWS::Glue::Job"
    ):
        assert job.properties["ExecutionClass"] == "FLEX", job
        assert job.properties["WorkerType"] in ("G.1X", "G.2X"), job
        assert job.properties["Command"]["Name"] == "glueetl", job
        assert job.properties["DefaultArguments"]["--enable-auto-scaling"] == "true", job
