"""Wildcards in policies: each stands with its reason, on the one role that has it.

`grant_*` methods of the CDK write wildcards (`s3:List*`, `bucket/*`). cdk-nag reports each of them,
by a text that is known only once references between stacks are resolved; so an acknowledgement is
made when it has reported, where the grant's owner gave a reason, and nowhere else.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from aws_cdk import Acknowledgment, Validations
from aws_cdk.aws_iam import Grant, IGrantable, IPrincipal, ManagedPolicy
from constructs import Construct, IConstruct, Node

from stacks.constructs.nag import NAME

RULE: Final = "AwsSolutions-IAM5"


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
    """Acknowledge these wildcards in the policies of the grantee's role, once they are reported.

    A managed policy is its own grantee. Another whose principal isn't a role of this app has no
    policies here: nothing is done.
    """
    holder = _holder(grantee)
    if holder is not None:
        _accepted.setdefault(holder, {}).update(dict.fromkeys(wildcards))


def allow(
    grantee: IGrantable,
    actions: Sequence[str],
    resources: Sequence[str],
    *wildcards: Wildcard,
    conditions: Mapping[str, Mapping[str, str | Sequence[str]]] | None = None,
) -> None:
    """Allow what no grant method does, with the reasons of its wildcards."""
    # One message to the CDK's process; a statement that is made and then added takes two to five.
    Grant.add_to_principal(
        grantee=grantee,
        actions=list(actions),
        resource_arns=list(resources),
        conditions=conditions,
    )
    accept_wildcards(grantee, *wildcards)


def acknowledge_wildcards(app: IConstruct, reported: Iterable[tuple[str, str]]) -> None:
    """Acknowledge what was accepted of that which cdk-nag reports about an app.

    Each on the policy itself, which its resource is the only part of.

    Args:
        reported: names of findings (`AwsSolutions-IAM5[Action::s3:List*]`), each with the path of
            a construct that has it.
    """
    holders: dict[str, tuple[IConstruct, Node]] = {}
    wildcards: dict[str, list[Wildcard]] = {}
    for construct, listed in _accepted.items():
        node = construct.node
        if node.root is app:
            path = node.path  # two of Python's objects may stand for one construct
            holders[path] = construct, node
            wildcards.setdefault(path, []).extend(listed)
    made: dict[tuple[str, str], dict[str, Acknowledgment]] = {}
    for name, at in reported:
        holder = next((scope for scope in _scopes(at) if scope in holders), "")
        reason = _reason(name, wildcards.get(holder, []))
        if reason:
            accepted = Acknowledgment(id=f"{NAME}::{name}", reason=reason)
            policy = at.removesuffix("/Resource")
            made.setdefault((holder, policy), {})[name] = accepted
    for (holder, at), acknowledgments in made.items():
        scope = _below(*holders[holder], at.removeprefix(holder).strip("/"))
        Validations.of(scope).acknowledge(*acknowledgments.values())


def _below(construct: IConstruct, node: Node, path: str) -> IConstruct:
    name, _, rest = path.partition("/")
    if not name:
        return construct
    child = node.find_child(name)
    return _below(child, child.node, rest) if rest else child


def _reason(name: str, wildcards: Iterable[Wildcard]) -> str | None:
    """Of the first that ends as the finding does, whose name is `AwsSolutions-IAM5[...]`."""
    rule, _, found = name.removesuffix("]").partition("[")
    ours = (w.reason for w in wildcards if found.endswith(w.ending))
    return next(ours, None) if rule == RULE else None


def _scopes(path: str) -> Iterator[str]:
    """A construct's path and those of all that it stands in, the nearest first."""
    while path:
        yield path
        path = path.rpartition("/")[0]


_accepted: Final[dict[IConstruct, dict[Wildcard, None]]] = {}
"""By role, in the order of its grants; a process synthesizes an app or, in tests, a few."""

_principals: Final[dict[IGrantable, IPrincipal]] = {}


def _holder(grantee: IGrantable) -> IConstruct | None:
    """What has the policies that a grant writes to: a role, or a managed policy itself."""
    principal = grantee if isinstance(grantee, ManagedPolicy) else _principal(grantee)
    return principal if isinstance(principal, Construct) else None


def _principal(grantee: IGrantable) -> IPrincipal:
    """Asked once of each: many grants are made to one."""
    if grantee not in _principals:
        _principals[grantee] = grantee.grant_principal
    return _principals[grantee]
