"""A witness in the database: who wrote each journal line, and whose the lane was at that moment."""

from fairhouse.platform.database import Database

_SETUP = """
create schema witness;
create table witness.line (
    lane smallint, lane_seq bigint, writer text, owner text, epoch bigint
);
create function witness.note() returns trigger
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
    insert into witness.line
    select new.lane, new.lane_seq, current_setting('application_name'), l.owner, l.epoch
    from betting.lane l where l.lane = new.lane;
    return null;
end
$$;
create trigger witness after insert on betting.entry
    for each row execute function witness.note();
"""


async def post(owner_url: str) -> None:
    """From now on the witness looks on. `owner_url` is that of the migrations' role."""
    db = await Database.connect(owner_url)
    async with db.tx() as tx:
        await tx.execute(_SETUP)
    await db.close()


async def heard(owner_url: str) -> list[tuple[str, int]]:
    """Each owner with how many lines it wrote, most first.

    Asserts that every line was written over a connection of the lane's owner of that moment, that
    epochs never fell along a lane, and that no number was used twice.
    """
    db = await Database.connect(owner_url)
    async with db.read() as tx:
        foreign = await tx.fetch(
            "select * from witness.line"
            " where owner is null or not starts_with(writer, owner || '#')"
        )
        assert foreign == []
        fallen = await tx.fetch(
            """
            select * from (
                select *, lag(epoch) over lane as former, lag(lane_seq) over lane as former_seq
                from witness.line window lane as (partition by lane order by lane_seq)
            ) as l where epoch < former or lane_seq = former_seq
            """
        )
        assert fallen == []
        missed = await tx.fetchval(
            "select (select count(*) from betting.entry) - (select count(*) from witness.line)"
        )
        assert missed == 0
        rows = await tx.fetch(
            "select owner, count(*) as n from witness.line group by owner order by n desc"
        )
    await db.close()
    return [(row["owner"], row["n"]) for row in rows]
