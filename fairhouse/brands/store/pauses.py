"""All SQL of the pause switches."""

from fairhouse.brands.types import BrandId, Pause, Switch
from fairhouse.platform.database import Tx


async def pause(tx: Tx, brand_id: BrandId, wanted: Pause) -> bool:
    """Switch off; False when it was off already, and then the first reason stays."""
    row = await tx.fetchrow(
        """
        insert into brands.pause_switch as p (brand_id, switch, reason, actor, paused_at)
        values ($1, $2, $3, $4, $5)
        on conflict (brand_id, switch) do update set
            reason = excluded.reason, actor = excluded.actor,
            paused_at = excluded.paused_at, resumed_at = null
        where p.resumed_at is not null
        returning 1
        """,
        brand_id,
        wanted.switch,
        wanted.reason,
        wanted.actor,
        tx.now,
    )
    return row is not None


async def resume(tx: Tx, brand_id: BrandId, wanted: Pause) -> bool:
    """Switch on; False when it was not off."""
    count = await tx.execute(
        """
        update brands.pause_switch set resumed_at = $5, reason = $3, actor = $4
        where brand_id = $1 and switch = $2 and resumed_at is null
        """,
        brand_id,
        wanted.switch,
        wanted.reason,
        wanted.actor,
        tx.now,
    )
    return count == 1


async def pauses(tx: Tx) -> list[tuple[BrandId, Pause]]:
    """Every switch that is off, in all brands."""
    rows = await tx.fetch(
        """
        select brand_id, switch, reason, actor from brands.pause_switch
        where resumed_at is null order by brand_id, switch
        """
    )
    return [
        (BrandId(row["brand_id"]), Pause(Switch(row["switch"]), row["reason"], row["actor"]))
        for row in rows
    ]
