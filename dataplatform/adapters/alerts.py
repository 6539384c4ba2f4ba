"""Telling the operator: a message on the stage's topic."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

_MAX_SUBJECT: Final = 100
_MAX_BYTES: Final = 200_000
"""Of 262,144: https://docs.aws.amazon.com/sns/latest/api/API_Publish.html"""


@dataclass(frozen=True)
class AlertsTopic:
    """The topic that the operator reads; connected at the first message, which most calls lack."""

    arn: str

    def send(self, subject: str, text: str) -> None:
        """Publish a message; an e-mail has `subject` as its own.

        Args:
            subject: cut to SNS's 100 printable ASCII characters on one line.

        Raises:
            ClientError: SNS refuses.
        """
        import boto3

        plain = "".join(
            c if " " <= c <= "~" else " " for c in subject.encode("ascii", "replace").decode()
        )
        boto3.client("sns").publish(
            TopicArn=self.arn,
            Subject=plain[:_MAX_SUBJECT].strip(),
            Message=text.encode()[:_MAX_BYTES].decode(errors="ignore"),
        )
