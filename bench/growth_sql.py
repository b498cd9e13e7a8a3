"""The SQL that makes a large database: every statement fills one table from numbers.

Player n has the ids that `bench.stage.bettor` makes of n.
"""

from typing import Final

from bench.stage import RICH_UNITS, STAKE_UNITS
from fairhouse.betting.types import LANES

FIRST_ACCOUNT: Final = 1_000
STEP: Final = 7_919
"""A prime: `g * STEP % accounts` goes through all players before it comes to one again."""

_PLAYER: Final = "(lpad(to_hex(1765000000000 + n), 12, '0') || '70008' || lpad(to_hex(n), 15, '0'))"
_PAIR: Final = "(lpad(to_hex(1764000000000 + n), 12, '0') || '70008' || lpad(to_hex(n), 15, '0'))"

ACCOUNTS: Final = f"""
insert into ledger.account (id, brand_id, code, unit, owner) overriding system value
select {FIRST_ACCOUNT} + n, 1, 'player_cash', 'PLAY', {_PLAYER}::uuid
from generate_series(0, $1::bigint - 1) as n
"""
BALANCES: Final = f"""
insert into ledger.balance (account_id, floored, credits_posted)
select {FIRST_ACCOUNT} + n, true,
    case when n % $2::bigint = 0 and n / $2 % 100 = 0 then 0 else {RICH_UNITS} end
from generate_series(0, $1::bigint - 1) as n
"""
ISSUED: Final = """
update ledger.balance set debits_posted = (
    select sum(credits_posted) from ledger.balance where floored
) where account_id = $1
"""
LOCKED: Final = f"""
insert into ledger.account (id, brand_id, code, unit, owner) overriding system value
select {FIRST_ACCOUNT} + $1::bigint + k, 1, 'locked_wager', 'PLAY', {_PLAYER}::uuid
from (select k, k * $3::bigint as n from generate_series(0, $2::bigint - 1) as k) as p
"""
LOCKED_BALANCES: Final = f"""
insert into ledger.balance (account_id, floored)
select {FIRST_ACCOUNT} + $1::bigint + k, true from generate_series(0, $2::bigint - 1) as k
"""
PLAYER_ACCOUNTS: Final = f"""
insert into betting.player_account (player_id, currency, cash_account, locked_account)
select {_PLAYER}::uuid, 'PLAY', {FIRST_ACCOUNT} + n, {FIRST_ACCOUNT} + $1::bigint + k
from (select k, k * $3::bigint as n from generate_series(0, $2::bigint - 1) as k) as p
"""
HOT: Final = f"""
insert into betting.player_hot (player_id, brand_id, lane, seed_pair_id, nonce)
select {_PLAYER}::uuid, 1, n % {LANES}, {_PAIR}::uuid, $2::bigint
from generate_series(0, $1::bigint - 1) as n
"""
ENTRIES: Final = f"""
insert into betting.{{table}} (
    id, kind, round_id, brand_id, lane, lane_seq, player_id, currency, cash_account, house_account,
    stake, payout, balance_after, game, game_version, table_hash, seed_pair_id, nonce, step, params,
    outcome, fingerprint, at)
select id, 'instant', id, 1, n % {LANES}, g + 1, {_PLAYER}::uuid, 'PLAY', {FIRST_ACCOUNT} + n,
    ($5::bigint[])[(n % {LANES})::integer + 1], {STAKE_UNITS},
    case when g % 2 = 0 then 19800 else 0 end, {RICH_UNITS}, 'dice', '1', $6::text,
    {_PAIR}::uuid, g / $4::bigint, 0,
    '{{{{"target": "50.00", "direction": "under"}}}}',
    '{{{{"won": true, "roll": "44.55", "chance": "50.00", "multiplier": "1.9800",
      "win_multiplier": "1.9800"}}}}',
    '\\x00112233445566778899aabbccddeeff', at
from (
    select g, g * {STEP} % $4::bigint as n, $3::timestamptz + (g - $1) * interval '0.01 s' as at,
        (lpad(to_hex((extract(epoch from $3::timestamptz) * 1000)::bigint + (g - $1) * 10), 12, '0')
            || '70008' || lpad(to_hex(g), 15, '0'))::uuid as id
    from generate_series($1::bigint, $2::bigint - 1) as g
) as made
"""
CURSOR: Final = """
update betting.fold_cursor
set lane_seq = $1, id_floor = betting.id_floor(now() - interval '25 hours')
"""
VISITORS: Final = f"""
insert into identity.player (id, brand_id, kind, lane, language, created_at)
select {_PLAYER}::uuid, 1, 'guest', n % {LANES}, 'en', now()
from (select k * $2::bigint as n from generate_series(1, $1::bigint) as k where k % 100 <> 0) as p
"""
MADE_SESSIONS: Final = f"""
insert into identity.session (
    id, token_hash, player_id, brand_id, device, created_at, last_seen_at, expires_at)
select uuidv7(), sha256(('bench-' || n)::bytea), {_PLAYER}::uuid, 1, 'bench', now(), now(),
    now() + interval '7 days'
from (select k * $2::bigint as n from generate_series(1, $1::bigint) as k where k % 100 <> 0) as p
"""
