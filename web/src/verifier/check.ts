/** Whether a bet is what its seeds, its table and its choices make of it. */
import { Refused, type Result, type Stake } from "./contract";
import { LIVE, settledLive } from "./games/live";
import { same, type Fields } from "./json";
import { play, type Played } from "./play";
import { releaseOf, SCALES, type Release } from "./published";
import { decimal, ratio, shown, units } from "./ratio";
import { roundProblem } from "./proof";
import { receiptHolds, type Keys } from "./receipt";
import type { BetRecord } from "./record";
import { commitment } from "./stream";

/** What was looked at; `ok` is null where it could not be told. */
export type Check = { what: CheckName; ok: boolean | null; claimed?: string; found?: string };
export type CheckName = "receipt" | "seed" | "seed_is_hash" | "table" | "game" | "rules" | "round" | "outcome" | "staked" | "payout" | "multiplier";

/** proven: everything holds. wrong: something does not. unproven: it cannot be told yet or here. */
export type Verdict = {
  bet: BetRecord;
  state: "proven" | "wrong" | "unproven";
  checks: Check[];
  /** The bet played again with every step in between, where that was possible. */
  played: Played | null;
};

const ABANDONED = "abandoned";

/** Decimals of a bet's amounts: its currency's, else as many as it shows. */
export function scaleOf(bet: BetRecord): number {
  const known = SCALES[bet.currency];
  if (known !== undefined) return known;
  return Math.max(...[bet.stake, bet.opening_stake, bet.payout].map((text) => text.split(".")[1]?.length ?? 0));
}

export function stakeOf(bet: BetRecord): Stake {
  const scale = scaleOf(bet);
  const opening = units(bet.opening_stake, scale);
  if (opening === null) throw new Refused("opening_stake", `${bet.opening_stake} is no amount with ${scale} decimals`);
  const most = bet.params["payout_max"];
  return { units: opening, scale, most: typeof most === "string" ? units(most, scale) : null };
}

/** The bet played again from its revealed seed; throws Refused where its rules do not allow it. */
export function replay(bet: BetRecord, serverSeed: string, table: Fields): Played {
  const { game, params, choices, nonce } = bet;
  return play({ game, table, serverSeed, clientSeed: bet.client_seed, nonce, params, choices, stake: stakeOf(bet) });
}

/** A round nobody came back to pays the better of stake and winnings, whatever the stream says next. */
function abandoned(result: Result, bet: BetRecord): Result {
  if (result.ended || bet.outcome["ended"] !== ABANDONED) return result;
  const payout = result.worth > result.staked ? result.worth : result.staked;
  const fields = { ...result.shown, multiplier: shown(ratio(payout, result.staked)), ended: ABANDONED };
  return { ended: true, staked: result.staked, payout, shown: fields };
}

function amountCheck(what: CheckName, claimed: string, found: bigint, scale: number): Check {
  return { what, ok: units(claimed, scale) === found, claimed, found: decimal(found, scale) };
}

function compared(bet: BetRecord, played: Result): Check[] {
  const result = abandoned(played, bet);
  const scale = scaleOf(bet);
  const outcome: Check = { what: "outcome", ok: same(result.shown, bet.outcome), claimed: JSON.stringify(bet.outcome), found: JSON.stringify(result.shown) };
  if (!result.ended) return [{ ...outcome, ok: false, found: "the round is still open after these choices" }];
  const checks = [outcome, amountCheck("staked", bet.stake, result.staked, scale), amountCheck("payout", bet.payout, result.payout, scale)];
  const paid = shown(ratio(result.payout, result.staked));
  const multiplier = String(result.shown["multiplier"]);
  if (bet.multiplier) checks.push({ what: "multiplier", ok: [multiplier, paid].includes(bet.multiplier), claimed: bet.multiplier, found: multiplier });
  return checks;
}

/** Everything about the seeds: what was promised, and the usual mistake. */
function seedChecks(bet: BetRecord): Check[] {
  if (bet.server_seed === null) return [{ what: "seed", ok: null }];
  const found = commitment(bet.server_seed);
  if (found === bet.server_seed_hash) return [{ what: "seed", ok: true, claimed: bet.server_seed_hash, found }];
  if (bet.server_seed === bet.server_seed_hash) return [{ what: "seed_is_hash", ok: false, claimed: bet.server_seed_hash }];
  return [{ what: "seed", ok: false, claimed: bet.server_seed_hash, found }];
}

function tableCheck(bet: BetRecord, release: Release): Check {
  return { what: "table", ok: release.game === bet.game && release.version === bet.game_version, claimed: bet.table_hash, found: release.table_hash };
}

function playedAgain(bet: BetRecord): { checks: Check[]; played: Played | null } {
  const release = releaseOf(bet.table_hash);
  if (!release) return { checks: [{ what: "table", ok: null, claimed: bet.table_hash }], played: null };
  const table = tableCheck(bet, release);
  try {
    const played = replay(bet, bet.server_seed!, release.table);
    return { checks: [table, ...compared(bet, played.result)], played };
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    const what = error.field === "game" ? "game" : "rules";
    return { checks: [table, { what, ok: what === "game" ? null : false, found: error.message }], played: null };
  }
}

function roundCheck(bet: BetRecord): Check {
  const claimed = String(bet.outcome["round"] ?? "");
  if (bet.round_proof === null) return { what: "round", ok: null, claimed };
  const problem = roundProblem(bet, bet.round_proof);
  return problem === null ? { what: "round", ok: true, claimed } : { what: "round", ok: false, claimed, found: problem };
}

/** A bet on crash or slide: right by the point it names, which the round's own proof must prove. */
function liveChecks(bet: BetRecord): Check[] {
  const release = releaseOf(bet.table_hash);
  const table = release ? tableCheck(bet, release) : { what: "table" as const, ok: null, claimed: bet.table_hash };
  const round = roundCheck(bet);
  try {
    return [table, round, ...compared(bet, settledLive(bet.params, bet.outcome, stakeOf(bet)))];
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    return [table, round, { what: "rules", ok: false, found: error.message }];
  }
}

/** Check a bet; `keys` are the casino's published keys for receipts. */
export function check(bet: BetRecord, keys: Keys): Verdict {
  const receipt: Check[] = bet.receipt_signature === null ? [] : [{ what: "receipt", ok: receiptHolds(bet, keys), claimed: bet.receipt_signature }];
  const isClosed = bet.state === "settled";
  if (LIVE.has(bet.game)) {
    const checks = [...receipt, ...(isClosed ? liveChecks(bet) : [])];
    return { bet, state: stateOf(checks, isClosed), checks, played: null };
  }
  const seeds = seedChecks(bet);
  const isRevealed = seeds.every((one) => one.ok === true);
  const again = isRevealed && isClosed ? playedAgain(bet) : { checks: [], played: null };
  const checks = [...receipt, ...seeds, ...again.checks];
  return { bet, state: stateOf(checks, isRevealed && isClosed), checks, played: again.played };
}

function stateOf(checks: readonly Check[], isComplete: boolean): Verdict["state"] {
  if (checks.some((one) => one.ok === false)) return "wrong";
  // A receipt whose key is not at hand says nothing against the bet.
  const open = checks.some((one) => one.ok === null && one.what !== "receipt");
  return isComplete && !open ? "proven" : "unproven";
}
