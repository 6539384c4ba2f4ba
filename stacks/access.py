"""The roles that contracts name, as policies to be attached to whoever has such a role.

People aren't this project's: they come from IAM Identity Center or from roles of the account. A
managed policy by name is what either takes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Final

from aws_cdk.aws_iam import IGrantable, ManagedPolicy
from constructs import Construct

from dataplatform.naming import landing_prefix
from dataplatform.plans.access import RoleAccess, access_of
from dataplatform.plans.model import PlatformPlan
from stacks.constructs.athena import WorkGroup
from stacks.lake import LakeStack
from stacks.stage import Stage
from stacks.warehouse import WarehouseStack

_FOLDERS_EACH: Final = 12
"""Tables or landing folders of one policy: IAM takes 6,144 characters, and a table 200 or so."""

Grant = Callable[[IGrantable], None]


class ContractRoles(Construct):
    """For each role one managed policy, `weir-<stage>-role-<role>`, or several where it has much.

    A role that reads gets an Athena workgroup of its own too: results of queries lie in a bucket,
    and whoever may ask in a workgroup may read what others have asked there.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        stage: Stage,
        plan: PlatformPlan,
        lake: LakeStack,
        warehouse: WarehouseStack,
    ) -> None:
        super().__init__(scope, construct_id)
        self._stage, self._lake, self._warehouse = stage, lake, warehouse
        for access in access_of(plan):
            self._add(access)

    def _add(self, access: RoleAccess) -> None:
        name = self._stage.names.resource(f"role-{access.role.replace('_', '-')}")
        for number, grants in enumerate(self._policies(access, name), 1):
            suffix = f".{number}" if number > 1 else ""
            policy = ManagedPolicy(
                self,
                f"{access.role}{suffix}",
                managed_policy_name=name + suffix,
                description=f"Weir {self._stage.name}: what contracts let {access.role} use",
            )
            for grant in grants:
                grant(policy)

    def _policies(self, access: RoleAccess, name: str) -> Iterator[list[Grant]]:
        """The grants of each of a role's policies; the first has what it asks with."""
        lake = self._lake
        first: list[Grant] = []
        if access.reads:
            workgroup = WorkGroup(
                self,
                f"{access.role}-athena",
                name=name,
                description=f"Queries of {access.role} on the lake",
                results=lake.athena_results,
                folder=f"{access.role}/",
            )
            first.append(workgroup.grant_ask)
        if access.warehouse:
            first.append(self._warehouse.grant_query)
        shares: list[tuple[int, Grant]] = [
            *(
                (len(part), partial(lake.silver.grant_query, tables=part))
                for part in _chunks(access.reads)
            ),
            *(
                (len(part), partial(lake.gold.grant_query, tables=part))
                for part in _chunks(access.models)
            ),
            *(
                (len(part), partial(self._grant_landing, datasets=part))
                for part in _chunks(access.writes)
            ),
        ]
        policy, taken = first, 0
        for size, share in shares:
            if taken + size > _FOLDERS_EACH:
                yield policy
                policy, taken = [], 0
            policy.append(share)
            taken += size
        yield policy

    def _grant_landing(self, grantee: IGrantable, *, datasets: Sequence[str]) -> None:
        for dataset in datasets:
            self._lake.landing.grant_put(grantee, prefix=landing_prefix(dataset))


def _chunks(names: Sequence[str]) -> Iterator[Sequence[str]]:
    for start in range(0, len(names), _FOLDERS_EACH):
        yield names[start : start + _FOLDERS_EACH]
