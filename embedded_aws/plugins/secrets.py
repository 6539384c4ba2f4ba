"""The id of a secret in a template is its ARN.

MiniStack gives its name, so a policy that a template grants on `{"Ref": secret}` names no resource,
and the function that needs the secret is refused.
"""

from __future__ import annotations

from typing import Any

from ministack.services import secretsmanager
from ministack.services.cloudformation import provisioners

Attributes = dict[str, Any]


def install() -> None:
    """Translate between ARN (outside) and name (MiniStack's key) around the stock handlers."""
    handler = provisioners._RESOURCE_HANDLERS["AWS::SecretsManager::Secret"]
    create, update, delete = handler["create"], handler["update"], handler["delete"]

    def created(logical_id: str, properties: Attributes, stack: str) -> tuple[str, Attributes]:
        _, attributes = create(logical_id, properties, stack)
        return attributes["Arn"], attributes

    def updated(arn: str, *rest: Any) -> tuple[str, Attributes]:
        _, attributes = update(_name(arn), *rest)
        return attributes["Arn"], attributes

    handler["create"] = created
    handler["update"] = updated
    handler["delete"] = lambda arn, properties: delete(_name(arn), properties)


def _name(arn: str) -> str:
    """The name under which MiniStack keeps a secret."""
    for name, secret in secretsmanager._secrets.items():
        if secret.get("ARN") == arn:
            return str(name)
    return arn
