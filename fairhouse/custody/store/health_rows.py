"""What health pages show."""

from collections.abc import Mapping
from datetime import datetime

from fairhouse.chains.codecs.orders import Hello
from fairhouse.custody.types import SignerState
from fairhouse.platform.database import Tx


async def signer_state(tx: Tx) -> SignerState | None:
    """What was last heard; None before anybody asked."""
    row = await tx.fetchrow("select * from custody.signer_state")
    if row is None:
        return None
    return SignerState(
        asked_at=row["asked_at"],
        answered_at=row["answered_at"],
        identity_key=row["identity_key"],
        policy_digest=row["policy_digest"],
        halted=row["halted"],
    )


async def keep_signer_state(tx: Tx, hello: Hello | None) -> None:
    """Keep an answer, or that there was none."""
    await tx.execute(
        """
        insert into custody.signer_state
            (is_only, asked_at, answered_at, identity_key, policy_digest, halted)
        values (true, $1, $2, $3, $4, $5)
        on conflict (is_only) do update set
            asked_at = excluded.asked_at,
            answered_at = coalesce(excluded.answered_at, signer_state.answered_at),
            identity_key = coalesce(excluded.identity_key, signer_state.identity_key),
            policy_digest = coalesce(excluded.policy_digest, signer_state.policy_digest),
            halted = case when excluded.answered_at is null
                then signer_state.halted else excluded.halted end
        """,
        tx.now,
        None if hello is None else tx.now,
        None if hello is None else hello.identity_key,
        None if hello is None else hello.policy_digest,
        None if hello is None else hello.halted,
    )


async def waiting(tx: Tx) -> tuple[Mapping[str, int], datetime | None]:
    """Live families by state and failure, and when the oldest was requested."""
    rows = await tx.fetch(
        """
        select state, split_part(coalesce(failure, ''), ':', 1) as failure, count(*) as count,
               min(created_at) as oldest_at
        from custody.family
        where state in ('planned', 'ordered', 'signed', 'broadcast', 'stranded')
        group by 1, 2
        """
    )
    counts = {f"{row['state']}:{row['failure']}".rstrip(":"): row["count"] for row in rows}
    return counts, min((row["oldest_at"] for row in rows), default=None)
