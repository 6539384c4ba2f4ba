"""A held dataset stands still, whoever starts a run; somebody is told, once, with the figures."""

from __future__ import annotations

import json
from dataclasses import replace

import boto3
import pytest
from botocore.exceptions import ClientError

from dataplatform.errors import DatasetsFailed
from dataplatform.ledger import Ledger
from dataplatform.ledger.audits import AuditNote
from dataplatform.ledger.records import Batch, Outcomes
from dataplatform.ledger.run_input import RunInput
from dataplatform.metrics import HELD, RECORDS_WARNED, RULES_BROKEN
from dataplatform.plans.model import PlatformPlan
from dataplatform.quality.verdicts import Verdict
from dataplatform.settings import ClosingSettings
from lambdas.close_run.alerts import tell_of_holds
from lambdas.close_run.handler import handler as close_run
from lambdas.plan_batches.holds import moving
from lambdas.start_run.logic import due_datasets
from tests.unit.lambdas.conftest import Context, deploy, staged
from tests.unit.support.ledgers import TABLE, landed
from tests.unit.support.plans import dataset, platform

PLAN: PlatformPlan = platform((dataset("sales"), dataset("stores")))
PROD = replace(PLAN, stage="prod", datasets=(replace(dataset("sales"), contact="team Retail"),))
TOO_MANY = Verdict(name="row_count", found="900 records", expected="10 to 300 records")
FEW_CLOSED = Verdict(name="sql", found="3", expected="at most 1", severity="warning")


def held(ledger: Ledger, digest: str = "d") -> Batch:
    """A batch of sales that a run has held."""
    ledger.open_run("run", "arn:run", "{}")
    batch = staged(ledger, "run", "sales")
    note = AuditNote(
        run_id="run",
        dataset="sales",
        state="held",
        batches=(batch.batch_id,),
        digest=digest,
        rows=900,
        broken=(TOO_MANY, FEW_CLOSED),
    )
    ledger.hold_dataset(note, f"BatchHeld: {TOO_MANY}")
    return ledger.batch(batch.batch_id)


def taken_up(ledger: Ledger, run_input: RunInput | None = None) -> list[str]:
    ledger.open_run("later", "arn:later", "{}")
    chosen = moving(ledger, "later", run_input or RunInput(), PLAN.datasets, step="plan")
    return [plan.dataset for plan in chosen]


def test_a_held_batch_stays_staged_and_its_dataset_is_left_alone(ledger: Ledger) -> None:
    batch = held(ledger)
    assert ledger.batch(batch.batch_id).state == "staged"
    assert ledger.failures("run") == {"sales": f"BatchHeld: {TOO_MANY}"}
    assert taken_up(ledger) == ["stores"]
    (step,) = ledger.steps("later")
    assert (step.dataset, step.state) == ("sales", "skipped")
    assert "900 records; expected 10 to 300 records" in step.detail


def test_what_landed_since_is_counted(ledger: Ledger) -> None:
    held(ledger)
    ledger.register_object(landed("new", dataset="sales", size=1500))
    taken_up(ledger)
    assert ledger.steps("later")[-1].detail.endswith("; 1 object waits behind it, 1.5 kB")


def test_a_person_or_another_contract_takes_it_up_again(ledger: Ledger) -> None:
    held(ledger)
    assert taken_up(ledger, RunInput(accept=("sales",))) == ["sales", "stores"]


def test_another_contract_asks_anew(ledger: Ledger) -> None:
    held(ledger, digest="an older contract")
    assert taken_up(ledger) == ["sales", "stores"]


def test_nothing_is_started_for_what_is_held(ledger: Ledger) -> None:
    held(ledger)
    ledger.register_object(landed("new", dataset="sales"))
    assert due_datasets(ledger, PLAN) == []


def test_publication_ends_the_hold(ledger: Ledger) -> None:
    batch = held(ledger)
    outcomes = Outcomes(inserted=batch.rows)
    ledger.publish_batch(batch.batch_id, outcomes, sequence=1, live=batch.rows)
    assert ledger.held() == {}
    assert taken_up(ledger) == ["sales", "stores"]


def test_somebody_is_told_once_with_every_figure(ledger: Ledger) -> None:
    held(ledger)
    sent: list[tuple[str, str]] = []

    def send(subject: str, text: str) -> None:
        sent.append((subject, text))

    assert tell_of_holds(ledger, PROD, "another run", send) == []
    assert [note.dataset for note in tell_of_holds(ledger, PROD, "run", send)] == ["sales"]
    assert tell_of_holds(ledger, PROD, "run", send) == []
    ((subject, text),) = sent
    assert subject == "Weir prod: sales is held"
    assert "STOPS  row_count: 900 records; expected 10 to 300 records" in text
    assert "warns  sql: 3; expected at most 1" in text
    assert "./weir run sales --accept --stage prod" in text
    assert text.endswith("\n\nWhose data it is: team Retail")


def test_what_sns_refuses_is_told_the_next_time(ledger: Ledger) -> None:
    held(ledger)

    def refuse(subject: str, text: str) -> None:
        raise ClientError({"Error": {"Code": "Throttled", "Message": ""}}, "Publish")

    assert tell_of_holds(ledger, PROD, "run", refuse) == []
    assert len(tell_of_holds(ledger, PROD, "run", lambda subject, text: None)) == 1


def test_a_dataset_that_was_released_while_it_was_told_stays_released(ledger: Ledger) -> None:
    batch = held(ledger)

    def release(subject: str, text: str) -> None:
        outcomes = Outcomes(inserted=batch.rows)
        ledger.publish_batch(batch.batch_id, outcomes, sequence=1, live=batch.rows)

    tell_of_holds(ledger, PROD, "run", release)
    assert ledger.held() == {}


def test_the_end_of_a_run_tells_the_topic_and_cloudwatch(
    ledger: Ledger, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    topic = boto3.client("sns").create_topic(Name="weir-dev-alerts")["TopicArn"]
    sqs = boto3.client("sqs")
    queue = sqs.create_queue(QueueName="operator")["QueueUrl"]
    found = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])["Attributes"]
    boto3.client("sns").subscribe(TopicArn=topic, Protocol="sqs", Endpoint=found["QueueArn"])
    settings = ClosingSettings(
        stage="dev", ledger_table=TABLE, plans_uri="s3://plans/plan.json", alerts_topic_arn=topic
    )
    deploy(monkeypatch, PLAN, settings)
    held(ledger)
    with pytest.raises(DatasetsFailed, match="sales: BatchHeld: row_count: 900 records"):
        close_run({"run_id": "run"}, Context())
    (message,) = sqs.receive_message(QueueUrl=queue)["Messages"]
    assert json.loads(message["Body"])["Subject"] == "Weir dev: sales is held"
    lines = [line for line in capsys.readouterr().out.splitlines() if '"_aws"' in line]
    (metrics,) = (found for found in map(json.loads, lines) if HELD in found)
    assert {name: metrics[name] for name in ("dataset", HELD, RULES_BROKEN, RECORDS_WARNED)} == {
        "dataset": "sales",
        HELD: 1,
        RULES_BROKEN: 2,
        RECORDS_WARNED: 0,
    }


@pytest.mark.parametrize("verdicts", [0, 60])
def test_however_much_is_odd_the_note_has_a_bounded_size(ledger: Ledger, verdicts: int) -> None:
    note = AuditNote(
        run_id="run",
        dataset="sales",
        state="passed",
        batches=("b",),
        digest="d",
        broken=(TOO_MANY,) * verdicts,
    )
    ledger.note_audit(note)
    found = ledger.audit("run", "sales")
    assert found is not None
    assert len(found.broken) == min(verdicts, 50)
