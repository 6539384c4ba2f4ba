"""Telling the operator: a message on the stage's topic."""

from __future__ import annotations

from typing import Any, Final

_MAX_SUBJECT: Final = 100
_MAX_TEXT: Final = (
    200_000  # of 262,144 bytes; https://docs.aws.amazon.com/sns/latest/api/API_Publish.html
)


def send_alert(sns: Any, topic_arn: str, *, subject: str, text: str) -> None:
    """Publish a message; an e-mail has `subject` as its own.

    Args:
        subject: cut to SNS's 100 printable ASCII characters on one line.

    Raises:
        ClientError: SNS refuses.
    """
    plain = "".join(
        c if " " <= c <= "~" else " " for c in subject.encode("ascii", "replace").decode()
    )
    sns.publish(
        TopicArn=topic_arn,
        Subject=plain[:_MAX_SUBJECT].strip(),
        Message=text.encode()[:_MAX_TEXT].decode(errors="ignore"),
    )
