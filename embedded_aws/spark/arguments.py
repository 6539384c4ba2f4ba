"""What Glue makes of a job's arguments: some it consumes, the others the script gets as argv.

Source: AWS Glue Developer Guide, "Using job parameters in AWS Glue jobs".
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Self

CONSUMED: Final = frozenset(
    {
        "--additional-python-modules",
        "--class",
        "--conf",
        "--continuous-log-logGroup",
        "--continuous-log-logStreamPrefix",
        "--custom-logGroup-prefix",
        "--customer-driver-env-vars",
        "--customer-executor-env-vars",
        "--datalake-formats",
        "--enable-auto-scaling",
        "--enable-continuous-cloudwatch-log",
        "--enable-glue-datacatalog",
        "--enable-job-insights",
        "--enable-metrics",
        "--enable-observability-metrics",
        "--enable-s3-parquet-optimized-committer",
        "--enable-spark-ui",
        "--extra-files",
        "--extra-jars",
        "--extra-py-files",
        "--job-language",
        "--python-modules-installer-option",
        "--scriptLocation",
        "--spark-event-logs-path",
        "--user-jars-first",
    }
)
"""Arguments that set up a Glue job; its script doesn't see them."""

NOT_EMULATED: Final = frozenset(
    {
        "--additional-python-modules",
        "--customer-driver-env-vars",
        "--customer-executor-env-vars",
        "--enable-glue-datacatalog",
        "--extra-files",
        "--extra-jars",
    }
)
"""Consumed here as in Glue, but without their effect: a run that has one is told so in its log."""

LOG_PREFIX: Final = "/aws-glue/jobs"
"""Of log groups where no argument names another."""

_NEXT_CONF = re.compile(r"\s+--conf\s+")


@dataclass(frozen=True, kw_only=True)
class JobArguments:
    """A run's arguments, sorted by who takes them.

    Args:
        argv: what follows the script's name in `sys.argv`.
        spark_conf: from `--conf`, the last of a key wins.
        python_files: S3 URIs to put on the Python path, in order.
        script: S3 URI.
        log_prefix: the log groups are `<prefix>/output` and `<prefix>/error`.
        ignored: arguments given that have no effect here.
    """

    argv: tuple[str, ...]
    spark_conf: Mapping[str, str]
    python_files: tuple[str, ...]
    script: str
    log_prefix: str = LOG_PREFIX
    ignored: tuple[str, ...] = ()

    @classmethod
    def of(cls, *, given: Mapping[str, str], script: str, job_name: str, run_id: str) -> Self:
        """Sort the merged arguments of a run."""
        passed = {name: value for name, value in given.items() if name not in CONSUMED}
        passed |= {"--JOB_NAME": job_name, "--JOB_RUN_ID": run_id}
        return cls(
            argv=tuple(word for pair in passed.items() for word in pair),
            spark_conf=parse_conf(given.get("--conf", "")),
            python_files=_split(given.get("--extra-py-files", "")),
            script=given.get("--scriptLocation") or script,
            log_prefix=given.get("--custom-logGroup-prefix", LOG_PREFIX),
            ignored=tuple(sorted(NOT_EMULATED & given.keys())),
        )


def parse_conf(text: str) -> dict[str, str]:
    """Spark settings from the one `--conf` argument, which chains: `a=b --conf c=d`.

    Raises:
        ValueError: a part isn't `name=value`.
    """
    settings: dict[str, str] = {}
    for part in _NEXT_CONF.split(text.strip()) if text.strip() else ():
        name, equals, value = part.removeprefix("--conf ").strip().partition("=")
        if not equals:
            raise ValueError(f"--conf {part!r} isn't name=value")
        settings[name.strip()] = value.strip()
    return settings


def _split(paths: str) -> tuple[str, ...]:
    return tuple(path.strip() for path in paths.split(",") if path.strip())
