"""What every function and job shares: the ledger and the compiled plans."""

from __future__ import annotations

from dataclasses import dataclass

from aws_cdk.aws_iam import IGrantable

from dataplatform.settings import LedgerSettings
from stacks.constructs.ledger import LedgerTable
from stacks.constructs.plans import CompiledPlans


@dataclass(frozen=True, kw_only=True)
class PlatformState:
    """The ledger and the plans, granted and named together."""

    stage_name: str
    ledger: LedgerTable
    plans: CompiledPlans

    @property
    def fields(self) -> dict[str, str]:
        """The fields that every settings class begins with."""
        return {
            "stage": self.stage_name,
            "ledger_table": self.ledger.table_name,
            "plans_uri": self.plans.uri,
        }

    @property
    def settings(self) -> LedgerSettings:
        """Settings of a function that needs nothing else."""
        return LedgerSettings(**self.fields)

    def grant_look(self, grantee: IGrantable) -> None:
        """Read the plans and the ledger."""
        self.ledger.grant_read(grantee)
        self.plans.grant_read(grantee)

    def grant_use(self, grantee: IGrantable) -> None:
        """Read the plans, record in the ledger."""
        self.ledger.grant_write(grantee)
        self.plans.grant_read(grantee)
