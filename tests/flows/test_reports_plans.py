"""Lists and searches walk an index, whatever the tables' size."""

import json

import pytest

from fairhouse.platform.database import Database

ID = "00000000-0000-7000-8000-000000000000"
LISTS = {
    "players": (
        f"""select id from reports.player where kind = 'registered' and brand_id = 1
        and id < '{ID}' order by id desc limit 50""",
        "player_newest",
    ),
    "deposits": (
        "select id, username from reports.deposit where brand_id = 1 order by id desc limit 50",
        "deposit_newest",
    ),
    "withdrawals": (
        "select id, username from reports.withdrawal where brand_id = 1 order by id desc limit 50",
        "withdrawal_newest",
    ),
    "families": (
        "select id from reports.family where brand_id = 1 order by id desc limit 50",
        "family_newest",
    ),
    "credited": (
        "select sum(value) from reports.deposit where state = 'CREDITED' and credited_at > now()",
        "deposit_credited",
    ),
    "paid": (
        """select sum(value) from reports.withdrawal where state = 'CONFIRMED'
        and updated_at > now()""",
        "withdrawal_paid",
    ),
    "deposit by hash": ("select id from reports.deposit where tx_hash = '0x1'", "deposit_by_hash"),
    "withdrawal by hash": (
        "select id from reports.withdrawal where tx_hash = '0x1'",
        "withdrawal_by_hash",
    ),
    "by destination": (
        "select id from reports.withdrawal where destination = '0x1'",
        "withdrawal_by_destination",
    ),
    "by order": (
        f"select family_id from reports.member where order_id = '{ID}'",
        "member_order_id_key",
    ),
    "ledger by reference": ("select id from reports.transfer where ref = 'x'", "transfer_ref"),
    "bets of an account": (
        f"""select id from reports.bet where brand_id = 1 and id < '{ID}' and cash_account = 7
        order by id desc limit 50""",
        "cash_account_id_idx",
    ),
    "audit of a player": (
        "select seq from audit.entry where subject = 'x' order by at desc limit 50",
        "entry_of_subject",
    ),
    "notes": (
        f"select id from backoffice.note where player_id = '{ID}' order by id desc",
        "note_of_player",
    ),
    "excluded": (
        f"""select * from protection.exclusion where ended_at is null
        and (kind = 'self_exclusion' or until > now()) and brand_id = any('{{1}}')
        and id < '{ID}' order by id desc limit 50""",
        "exclusion_in_force",
    ),
    "exclusions of a player": (
        f"select * from protection.exclusion where player_id = '{ID}' order by since desc, id desc",
        "exclusion_of_player",
    ),
    "wishes for a player's limit": (
        f"""select w.id from backoffice.limit_wish w
        left join backoffice.limit_wish_decision d on d.wish_id = w.id
        where w.player_id = '{ID}' and d.wish_id is null order by w.id desc""",
        "limit_wish_of_player",
    ),
    "house limits decided": (
        """select c.id from betting.house_limit_change c
        join betting.house_limit_decision d on d.change_id = c.id
        where c.brand_id = 1 order by c.id desc limit 50""",
        "house_limit_change_newest",
    ),
}


@pytest.fixture
async def plans(db: Database) -> dict[str, str]:
    """Plans with sequential scans held to be dear, as they are once tables have grown."""
    found: dict[str, str] = {}
    async with db.tx() as tx:
        await tx.execute("set local enable_seqscan = off")
        await tx.execute("set local enable_bitmapscan = off")
        for name, (sql, _) in LISTS.items():
            rows = await tx.fetch(f"explain (format json) {sql}")
            found[name] = json.dumps(rows[0][0])
    return found


async def test_every_list_is_found_by_its_index(plans: dict[str, str]):
    missed = {name: index for name, (_, index) in LISTS.items() if index not in plans[name]}

    assert {} == missed


async def test_no_list_is_sorted(plans: dict[str, str]):
    newest = (
        "players",
        "deposits",
        "withdrawals",
        "families",
        "audit of a player",
        "notes",
        "excluded",
    )

    assert [] == [name for name in newest if '"Sort"' in plans[name]]
