"""Who has a contract's role, by the policy named after it, and by nothing else."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from dataplatform.naming import WAREHOUSE_DATABASE
from tests.embedded.harness import Platform

pytestmark = pytest.mark.embedded

Client = Callable[[str], Any]
_ANYBODY = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"AWS": "*"}}],
}


@pytest.fixture
def person(platform: Platform) -> Iterator[Callable[[str], Client]]:
    """Makes clients of somebody who has a contract's role; the account forgets them afterwards."""
    iam, made = platform.client("iam"), []

    def take(role: str) -> Client:
        wanted = platform.target.names.resource(f"role-{role}")
        (arn,) = (
            policy["Arn"]
            for page in iam.get_paginator("list_policies").paginate(Scope="Local")
            for policy in page["Policies"]
            if policy["PolicyName"] == wanted
        )
        name = f"person-{role}"
        made.append((name, arn))
        trust = json.dumps(_ANYBODY)
        own = iam.create_role(RoleName=name, AssumeRolePolicyDocument=trust)["Role"]["Arn"]
        iam.attach_role_policy(RoleName=name, PolicyArn=arn)
        sts = platform.client("sts")
        keys = sts.assume_role(RoleArn=own, RoleSessionName=name)["Credentials"]
        session = boto3.Session(
            aws_access_key_id=keys["AccessKeyId"],
            aws_secret_access_key=keys["SecretAccessKey"],
            aws_session_token=keys["SessionToken"],
        )
        return lambda service: session.client(service)  # type: ignore[call-overload]

    yield take
    for name, arn in made:
        iam.detach_role_policy(RoleName=name, PolicyArn=arn)
        iam.delete_role(RoleName=name)


def test_a_role_reads_its_tables_and_is_refused_all_others(
    platform: Platform, person: Callable[[str], Client]
) -> None:
    care = person("customer-care")
    assert reads(platform, care, "SilverBucket", "customers")
    assert reads(platform, care, "GoldBucket", "dim_customer")
    for bucket, table in (
        ("SilverBucket", "sales"),
        ("GoldBucket", "fact_sales"),
        ("BronzeBucket", "customers"),
        ("QuarantineBucket", "records"),
    ):
        assert not reads(platform, care, bucket, table), f"{bucket} {table}"
    assert knows(care, "weir_dev_silver", "customers")
    assert not knows(care, "weir_dev_silver", "sales")
    assert refused(lambda: ask(platform, care))


def test_who_may_read_all_of_gold_may_ask_the_warehouse(
    platform: Platform, person: Callable[[str], Client]
) -> None:
    analyst = person("analyst")
    assert reads(platform, analyst, "SilverBucket", "sales")
    assert ask(platform, analyst)["Id"]


def test_who_lands_files_reads_none(platform: Platform, person: Callable[[str], Client]) -> None:
    s3, bucket = person("marketing")("s3"), platform.target.output("LandingBucket")
    assert refused(lambda: s3.put_object(Bucket=bucket, Key="stores/x.csv", Body=b""))
    assert refused(lambda: s3.get_object(Bucket=bucket, Key="promotions/x.csv"))
    # A folder, as a console makes it, is no file of records: nothing comes of it.
    assert s3.put_object(Bucket=bucket, Key="promotions/new/", Body=b"")["VersionId"]


def reads(platform: Platform, client: Client, output: str, table: str) -> bool:
    """Whether a file of a table opens."""
    bucket = platform.target.output(output)
    found = platform.client("s3").list_objects_v2(Bucket=bucket, Prefix=f"{table}/")["Contents"]
    key = found[0]["Key"]
    return not refused(lambda: client("s3").get_object(Bucket=bucket, Key=key))


def knows(client: Client, database: str, table: str) -> bool:
    """Whether the catalogue shows a table."""
    return not refused(lambda: client("glue").get_table(DatabaseName=database, Name=table))


def ask(platform: Platform, client: Client) -> Any:
    """Submit a query to the warehouse."""
    return client("redshift-data").execute_statement(
        WorkgroupName=platform.target.output("WorkgroupName"),
        Database=WAREHOUSE_DATABASE,
        Sql="SELECT count(*) FROM gold.dim_store",
    )


def refused(call: Callable[[], Any]) -> bool:
    """Whether IAM refuses a call; another error is one."""
    try:
        call()
    except ClientError as error:
        if error.response["Error"]["Code"] not in ("AccessDenied", "AccessDeniedException", "403"):
            raise
        return True
    return False
