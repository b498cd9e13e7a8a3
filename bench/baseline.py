"""`pgbench.per_bet`: the same money work as one transaction per bet, by PostgreSQL's own client.

One prepared call of a function per bet: balance row (guarded), bet row with the columns and indexes
of `betting.entry`, nonce row. The house's row, which every bet would fight for, is left out and
posted in one statement after each round: that flatters the baseline. So does the rest: pgbench is
written in C, computes no outcome, and pays no lane, no exclusion and no event.
"""

import asyncio
import math
import os
import re
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from statistics import median
from typing import Final
from urllib.parse import unquote, urlsplit

from bench import audit, cpu
from bench.lines import Line, in_ms
from bench.stage import Stage
from fairhouse.platform.database import Database
from fairhouse.platform.postgres.binaries import choose_user, find_programs
from fairhouse.platform.postgres.roles import DatabaseUrls

CLIENTS: Final = (8, 16, 32, 64)
THREADS: Final = 2
LOGGED_SHARE: Final = 0.05
WARM_S: Final = 2

FUNCTION: Final = """
create table bench.nonce (player_id uuid primary key, nonce bigint not null) with (fillfactor = 80);
insert into bench.nonce select player_id, 0 from bench.player;
create sequence bench.seq cache 100;
create function bench.place(n integer, roll integer) returns boolean
language plpgsql security definer as $$
declare
    who bench.player;
    bet uuid := uuidv7();
    won bigint := case when roll = 0 then 19800 else 0 end;
    after bigint;
    bet_nonce bigint;
begin
    select * into who from bench.player p where p.n = place.n;
    update ledger.balance b
    set debits_posted = b.debits_posted + 10000, credits_posted = b.credits_posted + won
    where b.account_id = who.cash_account
      and b.credits_posted - b.debits_posted - b.debits_pending >= 10000
    returning b.credits_posted - b.debits_posted - b.debits_pending into after;
    if not found then return false; end if;
    update bench.nonce x set nonce = x.nonce + 1
    where x.player_id = who.player_id returning x.nonce - 1 into bet_nonce;
    insert into betting.entry (
        id, kind, round_id, brand_id, lane, lane_seq, player_id, currency, cash_account,
        house_account, stake, payout, balance_after, game, game_version, table_hash, seed_pair_id,
        nonce, step, params, outcome, fingerprint, at)
    values (
        bet, 'instant', bet, 1, who.lane, nextval('bench.seq'), who.player_id, 'PLAY',
        who.cash_account, who.house_account, 10000, won, after, 'dice', '1',
        'cd2b0a7b5f8d4ecd2b0a7b5f8d4ecd2b0a7b5f8d4ecd2b0a7b5f8d4ecd2b0a7b', who.seed_pair_id,
        bet_nonce, 0, '{"target": "50.00", "direction": "under"}',
        '{"won": true, "roll": "44.55", "chance": "50.00", "multiplier": "1.9800",
          "win_multiplier": "1.9800"}',
        '\\x00112233445566778899aabbccddeeff', now());
    return true;
end
$$;
grant execute on all functions in schema bench to public;
"""

HOUSE_LEG: Final = """
update ledger.balance b
set debits_posted = b.debits_posted + own.paid, credits_posted = b.credits_posted + own.taken
from (
    select house_account, sum(payout) as paid, sum(stake) as taken
    from betting.entry where id >= $1 group by house_account
) as own
where b.account_id = own.house_account
"""

SCRIPT: Final = """\\set n random(0, {last}) / 100 * 100 + random(1, 99)
\\set roll random(0, 1)
select bench.place(:n, :roll);
"""


class PgbenchFailed(Exception):
    """pgbench ended badly; the message is its own."""


@dataclass(slots=True)
class Baseline:
    """The baseline's database, and what was measured in it so far."""

    urls: DatabaseUrls
    owner: Database
    folder: Path
    clients: int = 16
    rates: list[float] = field(default_factory=list[float])
    waits_s: list[float] = field(default_factory=list[float])
    server_us: list[float] = field(default_factory=list[float])
    """Processor time of all of PostgreSQL, per bet."""

    @staticmethod
    async def prepared(stage: Stage, players: int) -> "Baseline":
        """Its database, filled."""
        here, owner = await stage.prepare("bench_baseline", players)
        async with owner.tx() as tx:
            await tx.connection.execute(FUNCTION)
        folder = stage.folder / "pgbench"
        folder.mkdir()
        (folder / "bet.sql").write_text(SCRIPT.format(last=players - 1))
        return Baseline(here, owner, folder)

    async def choose_clients(self, seconds: float) -> dict[int, float]:
        """Try the grid and stay with the number of clients that gives the best rate."""
        found = {clients: await self._one_round(clients, seconds) for clients in CLIENTS}
        self.clients = max(found, key=lambda clients: found[clients])
        self.waits_s.clear()
        self.server_us.clear()
        return found

    async def round(self, seconds: float) -> float:
        """One audited round at the best number of clients; bets per second."""
        rate = await self._one_round(self.clients, seconds)
        self.rates.append(rate)
        return rate

    @property
    def rate(self) -> float:
        """The median of all rounds."""
        return median(self.rates)

    def rate_since(self, rounds: int) -> float:
        """The median of the rounds after the first so many: those that took turns with a part."""
        return median(self.rates[rounds:])

    def line(self) -> Line:
        """What the others are compared with."""
        ordered = sorted(self.waits_s)
        return Line(
            name="pgbench.per_bet",
            value=round(self.rate),
            unit="bets/s",
            p50_ms=in_ms(ordered, 0.5),
            p99_ms=in_ms(ordered, 0.99),
            concurrency=self.clients,
            notes=f"best of {', '.join(map(str, CLIENTS))} clients, house row deferred,"
            f" CPU per bet {median(self.server_us):.0f} us server",
        )

    async def finished(self) -> list[Line]:
        """Its line if it was asked, after the books of its whole database were found exact."""
        await audit.check_everything(self.owner)
        return [self.line()] if self.rates else []

    async def _one_round(self, clients: int, seconds: float) -> float:
        under = await audit.begin(self.owner)
        postmaster = await cpu.postmaster_of(self.owner)
        before_s = await asyncio.to_thread(cpu.of_family, postmaster)
        said = await self._pgbench(clients, seconds)
        used_s = await asyncio.to_thread(cpu.of_family, postmaster) - before_s
        async with self.owner.tx() as tx:
            await tx.execute(HOUSE_LEG, under.since)
        done = int(_number(r"actually processed: (\d+)", said))
        await audit.check(self.owner, under, answered=done)
        self.server_us.append(used_s / max(1, done) * 1e6)
        self._read_log()
        return steady_rate(said)

    async def _pgbench(self, clients: int, seconds: float) -> str:
        """Its report. Raises PgbenchFailed."""
        url = urlsplit(self.urls.app)
        program = find_programs(choose_user()) / "pgbench"
        ran = await asyncio.create_subprocess_exec(
            *(str(program), "-n", "-M", "prepared", "-f", "bet.sql"),
            *("-c", str(clients), "-j", str(THREADS), "-P", "1"),
            *("-T", str(WARM_S + max(1, math.ceil(seconds)))),
            *("-l", "--sampling-rate", str(LOGGED_SHARE), "--log-prefix", "waits"),
            *("-h", url.hostname or "", "-p", str(url.port), "-U", url.username or ""),
            url.path.removeprefix("/"),
            cwd=self.folder,
            env={**os.environ, "PGPASSWORD": unquote(url.password or "")},
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        said, complained = await ran.communicate()
        if ran.returncode:
            raise PgbenchFailed(complained.decode()[-800:])
        return complained.decode() + said.decode()

    def _read_log(self) -> None:
        """Sampled latencies: microseconds in the third column, the epoch's second in the fifth."""
        for log in self.folder.glob("waits.*"):
            rows = [line.split() for line in log.read_text().splitlines()]
            warm_from = min((int(row[4]) for row in rows), default=0) + WARM_S
            self.waits_s += [int(row[2]) / 1e6 for row in rows if int(row[4]) >= warm_from]
            log.unlink()


def steady_rate(said: str) -> float:
    """The rate by pgbench's progress lines without its first seconds.

    There its connections fill their caches and make their plans, which the road has behind it too.
    Without such lines (a machine too busy to print them) the whole run counts.
    """
    marks = [(0.0, 0.0)]
    marks += [
        (float(at), float(tps))
        for at, tps in re.findall(r"progress: ([\d.]+) s, ([\d.]+) tps", said)
    ]
    done = took_s = 0.0
    for (before_s, _), (at_s, tps) in pairwise(marks):
        if before_s >= WARM_S - 0.1:
            done += tps * (at_s - before_s)
            took_s += at_s - before_s
    return done / took_s if done else _number(r"tps = ([\d.]+)", said)


def _number(pattern: str, text: str) -> float:
    found = re.search(pattern, text)
    if found is None:
        raise PgbenchFailed(f"pgbench did not say {pattern!r}:\n{text[-800:]}")
    return float(found[1])
