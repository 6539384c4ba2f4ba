"""Wildcards in policies: each stands with its reason, on the one role that has it.

`grant_*` methods of the CDK write wildcards (`s3:List*`, `bucket/*`). cdk-nag reports each of them,
by a text that is known only once references between stacks are resolved; so an acknowledgement is
made then, for the wildcards that the grant's owner gave a reason for, and for no others.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

import jsii
from aws_cdk import Acknowledgment, Stack, Validations
from aws_cdk.aws_iam import (
    CfnManagedPolicy,
    CfnPolicy,
    IGrantable,
    ManagedPolicy,
    PolicyStatement,
)
from constructs import Construct, IConstruct, IValidation

RULE = "AwsSolutions::AwsSolutions-IAM5"


@dataclass(frozen=True)
class Wildcard:
    """One wildcard that a grant writes.

    ending: how cdk-nag's finding ends: `Action::s3:List*`, or the end of a resource (`/*`).
    reason: why it can't be narrower.
    """

    ending: str
    reason: str


S3_READ = (
    Wildcard("Action::s3:GetObject*", "Versions, tags and attributes of objects, as objects."),
    Wildcard("Action::s3:GetBucket*", "The bucket's location and settings; the bucket is named."),
    Wildcard("Action::s3:List*", "Objects, versions and uploads; the bucket is named."),
)
S3_WRITE = (
    Wildcard("Action::s3:DeleteObject*", "Iceberg removes files that a commit left behind."),
    Wildcard("Action::s3:Abort*", "Multipart uploads that were given up."),
)
KMS_USE = (
    Wildcard("Action::kms:GenerateDataKey*", "With and without plaintext; the key is named."),
    Wildcard("Action::kms:ReEncrypt*", "From and to; the key is named."),
)
OBJECTS = (Wildcard("/*", "Objects come and go with the data; bucket and prefix are named."),)
FUNCTION_VERSIONS = Wildcard(
    ":*", "Any version of a function that is named; the CDK grants both forms."
)


def accept_wildcards(grantee: IGrantable, *wildcards: Wildcard) -> None:
    """Acknowledge these wildcards in the policies of the grantee's role, once they are known.

    A managed policy is its own grantee. Another whose principal isn't a role of this app has no
    policies here: nothing is done.
    """
    holder = _holder(grantee)
    if holder is None:
        return
    if holder not in _accepted:
        _accepted[holder] = _Accepted(holder)
        holder.node.add_validation(_accepted[holder])
    _accepted[holder].wildcards.update(dict.fromkeys(wildcards))


def allow(grantee: IGrantable, statement: PolicyStatement, *wildcards: Wildcard) -> None:
    """Add a statement for which no grant method exists, with the reasons of its wildcards."""
    grantee.grant_principal.add_to_principal_policy(statement)
    accept_wildcards(grantee, *wildcards)


@jsii.implements(IValidation)
class _Accepted:
    """Runs between the resolution of references and cdk-nag, once a role.

    wildcards: of all its grants, in their order; a role's policies are resolved once for them all,
        since each step of it is a message to the CDK's own process.
    """

    def __init__(self, holder: IConstruct) -> None:
        self._holder = holder
        self.wildcards: dict[Wildcard, None] = {}

    def validate(self) -> list[str]:
        """Acknowledge; no problem of its own to report."""
        for node in self._holder.node.find_all():
            if isinstance(node, CfnPolicy | CfnManagedPolicy):
                found = dict.fromkeys(findings(Stack.of(node).resolve(node.policy_document)))
                accepted = [
                    Acknowledgment(id=f"{RULE}[{finding}]", reason=reason)
                    for finding in found
                    if (reason := self._reason(finding))
                ]
                if accepted:
                    Validations.of(node).acknowledge(*accepted)
        return []

    def _reason(self, finding: str) -> str | None:
        return next((w.reason for w in self.wildcards if finding.endswith(w.ending)), None)


_accepted: Final[dict[IConstruct, _Accepted]] = {}
"""By role; a process synthesizes an app or, in tests, a few."""


def _holder(grantee: IGrantable) -> IConstruct | None:
    """What has the policies that a grant writes to: a role, or a managed policy itself."""
    principal = grantee if isinstance(grantee, ManagedPolicy) else grantee.grant_principal
    return principal if isinstance(principal, Construct) else None


def findings(document: dict[str, Any]) -> Iterator[str]:
    """A resolved policy's wildcards, spelled as cdk-nag spells them."""
    for statement in document["Statement"]:
        if statement["Effect"] == "Allow":
            for action in _listed(statement["Action"]):
                if "*" in action:
                    yield f"Action::{action}"
            for resource in _listed(statement["Resource"]):
                text = flat(resource)
                if "*" in text:
                    yield f"Resource::{text}"


def flat(value: Any) -> str:
    """A CloudFormation expression as one line of text, as cdk-nag flattens it."""
    match value:
        case str():
            return value.replace("${", "<").replace("}", ">")
        case {"Fn::Join": [str(delimiter), [*items]]}:
            return delimiter.join(flat(item) for item in items)
        case {"Fn::Sub": str(text)}:
            return flat(text)
        case {"Fn::GetAtt": [resource, attribute]}:
            return f"<{flat(resource)}.{flat(attribute)}>"
        case {"Ref": str(name)}:
            return f"<{name}>"
    return json.dumps(value, separators=(",", ":"))


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]
