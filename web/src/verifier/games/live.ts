/**
 * Bets on crash and slide. Their round is decided by a chain and a beacon, not by the player's seeds:
 * here a bet is held against the point its outcome names, and the point is proven by the round.
 */
import { decimalOf, Refused, type Result, type Stake } from "../contract";
import type { Fields } from "../json";
import { decimal, NOTHING, payoutOf, ratio, units } from "../ratio";

export const LIVE: ReadonlySet<string> = new Set(["crash", "slide"]);

const DIGITS = 60n;
const ONE = 10n ** DIGITS;
const LEAST = 101n;

/** floor(100 · e^(6 · ms / 100000)) hundredths: what crash stands at after so many milliseconds. */
export function grown(ms: number): bigint {
  // e^x as (e^(x / 2^k))^(2^k), the inner one by its series, in fixed point of 60 digits.
  const halvings = 12n;
  const x = (6n * BigInt(ms) * ONE) / 100_000n / 2n ** halvings;
  let term = ONE;
  let sum = ONE;
  for (let n = 1n; term > 0n; n += 1n) {
    term = (term * x) / ONE / n;
    sum += term;
  }
  for (let i = 0n; i < halvings; i += 1n) sum = (sum * sum) / ONE;
  return (100n * sum) / ONE;
}

function hundredths(outcome: Fields, name: string): bigint | null {
  const value = outcome[name];
  return typeof value === "string" ? units(value, 2) : null;
}

/** Why the place where the bet left is not allowed by its order, its time and the point; null when it is. */
function problem(params: Fields, outcome: Fields, left: bigint | null, point: bigint): string | null {
  const order = typeof params["auto_cash_out"] === "string" ? decimalOf(params, "auto_cash_out", 2) : null;
  const ended = outcome["ended"];
  if (ended === "interrupted" || ended === "void") return null;
  if (left === null) return order !== null && order <= point ? "the order was reached and not paid" : null;
  if (left < LEAST || left > point) return "it left above the point";
  if (ended === "auto" && left !== order) return "it did not leave at its order";
  if (ended === "cash_out" && typeof outcome["at_ms"] === "number" && grown(outcome["at_ms"]) !== left) return "the multiplier was another one at that time";
  return null;
}

/** What the bet must have paid by the point that its outcome names. */
export function settledLive(params: Fields, outcome: Fields, stake: Stake): Result {
  const point = hundredths(outcome, "crashed_at");
  const left = hundredths(outcome, "cash_out");
  if (point === null) throw new Refused("outcome", "the round has no point");
  const wrong = problem(params, outcome, left, point);
  if (wrong !== null) throw new Refused("outcome", wrong);
  const multiplier = left === null ? NOTHING : ratio(left, 100n);
  const shown: Fields = { ...outcome, multiplier: `${decimal(left ?? 0n, 2)}00` };
  return { ended: true, staked: stake.units, payout: payoutOf(stake.units, multiplier), shown };
}
