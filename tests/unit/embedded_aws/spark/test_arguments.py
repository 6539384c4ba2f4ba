from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from embedded_aws.spark.arguments import CONSUMED, JobArguments, parse_conf

SCRIPT = "s3://assets/silver.py"


def sort(given: dict[str, str]) -> JobArguments:
    return JobArguments.of(given=given, script=SCRIPT, job_name="silver", run_id="jr_1")


def test_the_script_gets_its_own_arguments_and_glues_names_for_the_run() -> None:
    assert sort({"--stage": "dev", "--run_id": "r1"}).argv == (
        *("--stage", "dev"),
        *("--run_id", "r1"),
        *("--JOB_NAME", "silver"),
        *("--JOB_RUN_ID", "jr_1"),
    )


def test_arguments_that_set_up_the_job_do_not_reach_the_script() -> None:
    argv = sort({name: "x=y" for name in CONSUMED} | {"--stage": "dev"}).argv
    assert not CONSUMED & set(argv)


def test_the_temporary_directory_reaches_the_script() -> None:
    assert "s3://lake/tmp" in sort({"--TempDir": "s3://lake/tmp"}).argv


def test_a_chain_in_the_one_conf_argument_gives_every_setting() -> None:
    settings = parse_conf("spark.a=1 --conf spark.b=x y\n--conf spark.c=-Dk=v")
    assert settings == {"spark.a": "1", "spark.b": "x y", "spark.c": "-Dk=v"}


def test_of_a_setting_given_twice_the_last_wins() -> None:
    assert parse_conf("a=1 --conf a=2") == {"a": "2"}


def test_a_setting_without_a_value_is_refused_by_name() -> None:
    with pytest.raises(ValueError, match="spark.b"):
        parse_conf("spark.a=1 --conf spark.b")


@given(
    st.dictionaries(
        st.from_regex(r"spark\.[a-z]{1,8}", fullmatch=True),
        st.from_regex(r"[A-Za-z0-9_./:=,-]{1,20}", fullmatch=True),
        max_size=5,
    )
)
def test_any_chain_of_settings_comes_back(settings: dict[str, str]) -> None:
    assert parse_conf(" --conf ".join(f"{k}={v}" for k, v in settings.items())) == settings


def test_python_files_keep_their_order() -> None:
    files = sort({"--extra-py-files": "s3://a/one.zip, s3://a/two.zip"}).python_files
    assert files == ("s3://a/one.zip", "s3://a/two.zip")


def test_a_run_can_bring_another_script() -> None:
    assert sort({"--scriptLocation": "s3://a/other.py"}).script == "s3://a/other.py"
    assert sort({}).script == SCRIPT


def test_logs_go_where_the_job_says() -> None:
    assert sort({"--custom-logGroup-prefix": "/aws-glue/jobs/silver"}).log_prefix == (
        "/aws-glue/jobs/silver"
    )
    assert sort({}).log_prefix == "/aws-glue/jobs"


def test_what_has_no_effect_here_is_named() -> None:
    given = {"--additional-python-modules": "polars", "--enable-metrics": "true"}
    assert sort(given).ignored == ("--additional-python-modules",)
