"""Leases: the right of one holder at a time, which ends by itself where the holder dies."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from boto3.dynamodb.conditions import Attr, ConditionBase
from botocore.exceptions import BotoCoreError, ClientError

from dataplatform.errors import LeaseHeld
from dataplatform.ledger.records import Lease
from dataplatform.ledger.table import LedgerTable
from dataplatform.ledger.writes import Item, Refused, Write, check, update

_TAKE = "SET #owner = :owner, #until = :until, #note = :note ADD #token :one"
_POLL_SECONDS = 1.0
_FREE = "attribute_not_exists(#owner) OR #owner = :owner OR #until <= :now"


class Leases(LedgerTable):
    """Leases with expiry by wall clock and a fencing token.

    The item stays when a lease is released, so that its token never goes back.
    """

    def acquire_lease(self, name: str, owner: str, seconds: int, *, note: str = "") -> Lease:
        """Take a lease that is free, expired or the owner's own; each taking gives a new token.

        `note` says what stands behind the owner, so that another can find out whether it lives.

        Raises:
            LeaseHeld: another owner has it.
        """
        now = int(self._clock())
        try:
            answer = self._table.update_item(
                Key={"pk": f"lease#{name}", "sk": "lease"},
                UpdateExpression=_TAKE,
                ConditionExpression=_FREE,
                ExpressionAttributeNames={f"#{n}": n for n in ("owner", "until", "note", "token")},
                ExpressionAttributeValues={
                    ":owner": owner,
                    ":until": now + seconds,
                    ":now": now,
                    ":note": note,
                    ":one": 1,
                },
                ReturnValues="ALL_NEW",
            )
        except ClientError as error:
            if error.response["Error"]["Code"] != "ConditionalCheckFailedException":
                raise
            raise lease_lost(name, self.lease_holder(name)) from error
        return Lease(
            name=name,
            owner=owner,
            token=int(str(answer["Attributes"]["token"])),
            until=now + seconds,
            note=note,
        )

    def release_lease(self, name: str, owner: str, *, token: int | None = None) -> bool:
        """Give a lease back; False where it isn't the owner's (any more), which changes nothing.

        One that a transaction has given back isn't asked for again.
        """
        if token is not None and (name, token) in self._given_back:
            self._given_back.remove((name, token))
            return True
        mine: ConditionBase = Attr("owner").eq(owner)
        if token is not None:
            mine = mine & Attr("token").eq(token)
        try:
            self._write(_free(name, mine))
        except Refused:
            return False
        return True

    def lease_holder(self, name: str) -> Lease | None:
        """Who holds a lease now; None where it is free or expired."""
        item: Item = self._get(*_key(name)) or {}
        if not item.get("owner") or item["until"] <= int(self._clock()):
            return None
        return Lease(name=name, **{key: item[key] for key in ("owner", "token", "until", "note")})

    def take_over_lease(
        self, name: str, owner: str, seconds: int, *, alive: Callable[[Lease], bool], note: str = ""
    ) -> Lease:
        """Take a lease, from a holder that died without giving it back, too.

        Expiry alone would be too short for long work or too long after a crash; `alive` asks
        whoever knows (Step Functions, Glue) whether the holder goes on.

        Raises:
            LeaseHeld: its holder lives.
        """
        try:
            return self.acquire_lease(name, owner, seconds, note=note)
        except LeaseHeld:
            holder = self.lease_holder(name)
            if holder and alive(holder):
                raise
        if holder:
            self.release_lease(name, holder.owner, token=holder.token)
        return self.acquire_lease(name, owner, seconds, note=note)

    @contextmanager
    def lease(
        self,
        name: str,
        owner: str,
        seconds: int,
        *,
        alive: Callable[[Lease], bool] | None = None,
        patience: float = 0,
    ) -> Iterator[Lease]:
        """Hold a lease for a block of work; `alive` as for `take_over_lease`.

        Args:
            patience: seconds to wait for another owner, who would lose its work if it gave up.

        Raises:
            LeaseHeld: another owner has it, and keeps it.
        """
        deadline = self._clock() + patience
        while True:
            try:
                held = self.take_over_lease(
                    name, owner, seconds, alive=alive or (lambda holder: True)
                )
                break
            except LeaseHeld:
                if self._clock() >= deadline:
                    raise
                self._sleep(_POLL_SECONDS)  # a lease is polled: DynamoDB calls nobody
            except (BotoCoreError, ClientError):
                self.release_lease(name, owner)  # it may have been taken, and the answer lost
                raise
        try:
            yield held
        finally:
            self.release_lease(name, owner, token=held.token)

    def _write_under(self, lease: Lease | None, *writes: Write, last: bool = False) -> None:
        """Do all of the writes or none, while this very holding of a lease lasts.

        Args:
            lease: None where the writes need none.
            last: give the lease back with them: what it was held for is done.

        Raises:
            Refused: a condition of theirs didn't hold.
            LeaseHeld: this very holding of the lease had ended before.
        """
        if lease is None:
            return self._write(*writes)
        holding = _holding(lease)
        held = _free(lease.name, holding) if last else check(*_key(lease.name), holding)
        try:
            self._write(*writes, held)
        except Refused as refused:
            if len(writes) in refused.failed:
                raise lease_lost(lease.name, self.lease_holder(lease.name)) from refused
            raise
        if last:
            self._given_back.add((lease.name, lease.token))


def _key(name: str) -> tuple[str, str]:
    return f"lease#{name}", "lease"


def _holding(lease: Lease) -> ConditionBase:
    return Attr("owner").eq(lease.owner) & Attr("token").eq(lease.token)


def _free(name: str, where: ConditionBase) -> Write:
    return update(*_key(name), sets={"until": 0}, removes=["owner"], where=where)


def lease_lost(name: str, holder: Lease | None) -> LeaseHeld:
    """The error of one who hasn't the lease; `holder` is who has it now."""
    who = f"held by {holder.owner}" if holder else "lost to another holder, which has ended since"
    return LeaseHeld(
        f'lease "{name}" is {who}',
        why="One holder at a time may write.",
        remedy="Wait for it to end, or for the lease to expire; then try again.",
    )
