"""Several tables at once in one Spark session, each in a thread of its own.

What a small table costs is mostly waiting: for S3, for the catalogue, for one task that is alone in
its stage. Side by side these waits are another table's turn.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from graphlib import TopologicalSorter

from pyspark.sql import SparkSession
from pyspark.util import inheritable_thread_target

from glue_jobs.runtime import Job

Work = Callable[[Job, str], None]
"""Called with a job that is the thread's own, and the name of what to work on."""


def each(job: Job, names: Iterable[str], work: Work) -> None:
    """Work on all names, those first that come first; `work` deals with its own failures.

    Raises:
        Exception: the first that `work` raised after all, once every name has been worked on.
    """
    with _threads(job) as threads:
        running = [_submit(threads, job, name, work) for name in names]
    for future in running:
        future.result()


def in_order(job: Job, needs: dict[str, tuple[str, ...]], work: Work) -> None:
    """Work on each name once all that it needs is done: of those ready, the most needed first.

    Args:
        needs: name -> the names that it is made from, of which each is a key too.

    Raises:
        Exception: what `work` raised first. What was under way then is ended; nothing more begins,
            since it may be made from what failed.
    """
    rank = {name: _needed_by(name, needs) for name in needs}
    order = TopologicalSorter(needs)
    order.prepare()
    running: dict[Future[None], str] = {}
    with _threads(job) as threads:
        while order.is_active():
            for name in sorted(order.get_ready(), key=lambda name: -rank[name]):
                running[_submit(threads, job, name, work)] = name
            ended, _ = wait(running, return_when=FIRST_COMPLETED)
            for future in ended:
                if future.exception() is not None:
                    for waiting in running:
                        waiting.cancel()
                    future.result()
                order.done(running.pop(future))


def _needed_by(name: str, needs: dict[str, tuple[str, ...]]) -> int:
    return sum(name in wanted for wanted in needs.values())


def _threads(job: Job) -> ThreadPoolExecutor:
    return ThreadPoolExecutor(job.settings.tables_at_once, thread_name_prefix="table")


def _submit(threads: ThreadPoolExecutor, job: Job, name: str, work: Work) -> Future[None]:
    def turn() -> None:
        _enter(job.spark, name)
        work(job.beside(), name)

    # The Java thread that PySpark pins to this one gets the first one's properties.
    target: Callable[[], None] = inheritable_thread_target(turn)
    return threads.submit(target)


def _enter(spark: SparkSession, pool: str) -> None:
    """Make a new Java thread one of the session's, with its turns at the executors.

    Iceberg's API asks the thread for its session's catalogues; a thread that Spark has run no
    statement on has none. Without a pool of their own, all tables' tasks would stand in one line.
    """
    jvm = spark.sparkContext._jvm
    assert jvm is not None
    jvm.org.apache.spark.sql.SparkSession.setActiveSession(spark._jsparkSession)
    spark.sparkContext.setLocalProperty("spark.scheduler.pool", pool)
