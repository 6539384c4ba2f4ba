"""A stage and its switches."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from aws_cdk import RemovalPolicy
from aws_cdk.aws_logs import RetentionDays

from dataplatform.naming import Names
from stacks.runtime import RUNTIMES, Runtime


@dataclass(frozen=True, kw_only=True)
class Stage:
    """One deployment of the platform; several fit one account.

    name: lower-case letters and digits, at most ten: it is part of every name.
    runtime: `glue-5.1` (Python 3.11) or `glue-6.0` (Python 3.13): jobs, functions and layers alike.
    private: Redshift moves data inside the VPC only (enhanced VPC routing) and AWS services are
        reached through interface endpoints. About $7.30 a month for each endpoint and zone, so off
        unless a policy asks for it.
    zones: letters of three availability zones (`abd`); "" the region's first three. Redshift
        Serverless isn't in every zone. Subnets keep theirs: to be chosen before a first deployment.
    schedule: when the pipeline looks for due data, as an EventBridge expression
        (`rate(1 hour)`, `cron(0 2 * * ? *)`); "" never.
    start_on_arrival: start the pipeline about a minute after a file lands. Glue bills a minute at
        least for each start, so a stage with steady arrivals is cheaper on a schedule.
    alarm_email: who is told when a run fails or data grows old; "" nobody.
    erasable: `cdk destroy -c allow_erase=true` may delete data. Both must agree; otherwise buckets,
        keys, ledger and warehouse outlive their stacks.
    redshift_rpu: base capacity of the warehouse, 4 or 8. AWS defaults to 128.
    redshift_rpu_hours: RPU hours a month after which the warehouse stops answering.
    log_retention_days: how long logs are kept.
    workers: G.1X workers of a Spark job, 2 or more ($0.44 an hour each).
    spark_auto_scaling: `workers` are the most that a job takes, as many as its stages need; Glue
        bills those. Off, a job has all of them from beginning to end.
    spark_flex: jobs run on spare capacity, a third cheaper. It may come late and be taken away, so
        only where nobody waits: a promised freshness knows nothing of it.
    maintenance_schedule: when tables are looked after (small files joined, old snapshots
        forgotten), as `schedule`; "" only by hand.
    delete_orphans: whether files that no snapshot names, three days old, are deleted; else they are
        counted. The bucket keeps what was deleted as superseded versions for 30 days.
    delete_replayed: whether rows of quarantine that a replay published 30 days ago or more are
        removed; else they are counted. The records themselves stay in bronze.
    glue_table_optimizers: Glue's own compaction joins the small files of silver and gold, soon
        after they come and billed by its DPU hours; the maintenance then leaves those to it.
    stage_function_mib: text of a batch, gzip counted tenfold, up to which a function stages it;
        beyond, Spark does.
    duckdb_memory_mib: memory of the functions that run DuckDB. Lambda's most is 10,240; a new
        account allows 3,008.
    duckdb_storage_mib: their disk, for the files that they read and what memory can't hold.
    duckdb_batch_mib, duckdb_batch_rows: a dataset's batches up to which DuckDB is tried, as landed
        and by records; beyond, Spark takes them.
    duckdb_table_mib: silver tables without partitions up to which DuckDB is tried.
    """

    name: str
    runtime: str
    private: bool
    zones: str
    schedule: str
    start_on_arrival: bool
    alarm_email: str
    erasable: bool
    redshift_rpu: int
    redshift_rpu_hours: int
    log_retention_days: int
    workers: int
    spark_auto_scaling: bool
    spark_flex: bool
    maintenance_schedule: str
    delete_orphans: bool
    delete_replayed: bool
    glue_table_optimizers: bool
    stage_function_mib: int
    duckdb_memory_mib: int
    duckdb_storage_mib: int
    duckdb_batch_mib: int
    duckdb_batch_rows: int
    duckdb_table_mib: int
    allow_erase: bool = False

    @property
    def names(self) -> Names:
        """Names of this stage's resources."""
        return Names(self.name)

    @property
    def runs_on(self) -> Runtime:
        """The versions that `runtime` stands for."""
        return RUNTIMES[self.runtime]

    @property
    def erases(self) -> bool:
        """True where the stage and the flag agree that deleting a stack deletes its data."""
        return self.erasable and self.allow_erase

    @property
    def engine_limits(self) -> dict[str, str]:
        """The fields of `EngineSettings` that a stage sets."""
        return {
            "batch_mib": str(self.duckdb_batch_mib),
            "batch_rows": str(self.duckdb_batch_rows),
            "table_mib": str(self.duckdb_table_mib),
        }

    @property
    def data_removal(self) -> RemovalPolicy:
        """What becomes of data when its resource goes.

        RETAIN_ON_UPDATE_OR_DELETE, unlike RETAIN, cleans up after a creation that failed, so the
        retry doesn't stumble over it.
        """
        return RemovalPolicy.DESTROY if self.erases else RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE

    @property
    def log_retention(self) -> RetentionDays:
        """`log_retention_days` as CDK names it."""
        return RETENTION_OF_DAYS[self.log_retention_days]


RETENTION_OF_DAYS: Final = {
    1: RetentionDays.ONE_DAY,
    7: RetentionDays.ONE_WEEK,
    14: RetentionDays.TWO_WEEKS,
    30: RetentionDays.ONE_MONTH,
    90: RetentionDays.THREE_MONTHS,
    180: RetentionDays.SIX_MONTHS,
    365: RetentionDays.ONE_YEAR,
}
