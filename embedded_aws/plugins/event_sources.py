"""SQS as AWS has it: batching windows, more than ten messages a batch, addresses that last."""

from __future__ import annotations

import time
from typing import Any

from ministack.core.responses import get_region
from ministack.services import lambda_svc, sqs


def install() -> None:
    """Let a batch fill for as long as the event source mapping says; name queues for good."""
    sqs._receive_messages_for_esm = _receive
    sqs._queue_url_for_account = queue_url


def queue_url(account: str, name: str) -> str:
    """The queue's name as a URL. It is kept in many places, and must outlive a change of port."""
    return f"https://sqs.{get_region()}.amazonaws.com/{account}/{name}"


def _receive(queue_url: str, batch_size: int) -> list[dict[str, Any]]:
    """Messages for one invocation: a full batch, or what has come when the window ends."""
    with sqs._queues_lock:
        queue = sqs._get_q(queue_url)
        sqs._expire_retained(queue)
        sqs._dlq_sweep(queue)
        window = _window(queue["attributes"].get("QueueArn", ""))
        if window and not _ready(queue, batch_size, window):
            return []
        visibility = int(queue["attributes"].get("VisibilityTimeout", "30"))
        messages: list[dict[str, Any]] = sqs._collect_msgs(queue, batch_size, visibility)
        return messages


def _ready(queue: dict[str, Any], batch_size: int, window: float) -> bool:
    now = time.time()
    since = [m.get("visible_at", m["sent_at"]) for m in queue["messages"]]
    waiting = [moment for moment in since if moment <= now]
    return len(waiting) >= batch_size or (bool(waiting) and now - min(waiting) >= window)


def _window(queue_arn: str) -> float:
    """Seconds of the mapping that reads this queue; 0 where it wants each message at once."""
    for mapping in lambda_svc._esms.values():
        if mapping.get("EventSourceArn") == queue_arn:
            return float(mapping.get("MaximumBatchingWindowInSeconds") or 0)
    return 0.0
