/** What the games share in which a round climbs step by step until it is taken, lost or complete. */
import { listOf, Refused, type Ended, type Result, type Stake } from "./contract";
import type { Fields, Json } from "./json";
import { NOTHING, payoutOf, ratio, shown, type Ratio } from "./ratio";

export const CASH_OUT = "cash_out";
const COMPLETE = "complete";

export function doOf(choice: Fields, allowed: readonly string[]): string {
  const value = choice["do"];
  if (typeof value !== "string" || !allowed.includes(value)) throw new Refused("do", `do must be one of ${allowed.join(", ")}`);
  return value;
}

/** Whether the house could not pay this multiplier on the round. */
export function isTooMuch(multiplier: Ratio, stake: Stake): boolean {
  return stake.most !== null && payoutOf(stake.units, multiplier) > stake.most;
}

export function ended(stake: Stake, multiplier: Ratio, why: string, fields: Fields): Ended {
  const shownFields = { ...fields, multiplier: shown(multiplier), ended: why };
  return { ended: true, shown: shownFields, staked: stake.units, payout: payoutOf(stake.units, multiplier) };
}

/** The rungs of a published ladder: what one, two, three … steps pay. */
export function rungsOf(value: Json | undefined): Ratio[] {
  return listOf(value, "rungs").map((rung) => {
    const [n, d] = listOf(rung, "rungs") as readonly number[];
    return ratio(n!, d!);
  });
}

/** What a step came to. A tie changes nothing. */
export type Step = "won" | "lost" | "tie";

/** A game whose steps are taken one after the other, each won or lost. */
export type Tower = {
  /** The multiplier after so many won steps, from 1; null above the top. */
  pays(height: number): Ratio | null;
  /** Take a step at a height, and remember what is to be shown. */
  step(choice: Fields, height: number): Step;
  /** The step's words beside cash_out. */
  words: readonly string[];
  /** What a lost round is called. */
  lost: string;
  /** Steps after which the round is over in any case. */
  steps?: number;
  shown(isOver: boolean): Fields;
  /** Mines leaves `next_multiplier` away when the round is over; the others show null. */
  hidesNext?: boolean;
};

/** Play a tower through its choices. */
export function climb(tower: Tower, stake: Stake, choices: readonly Fields[]): Result {
  let height = 0;
  let result = stand(tower, stake, height, 0);
  for (const [index, choice] of choices.entries()) {
    if (result.ended) throw new Refused("do", "the round is over");
    if (doOf(choice, [...tower.words, CASH_OUT]) === CASH_OUT) {
      if (height === 0) throw new Refused("do", "there is nothing to take yet");
      result = over(tower, stake, tower.pays(height)!, CASH_OUT);
      continue;
    }
    const step = tower.step(choice, height);
    if (step === "won") height += 1;
    result = step === "lost" ? over(tower, stake, NOTHING, tower.lost) : stand(tower, stake, height, index + 1);
  }
  return result;
}

function over(tower: Tower, stake: Stake, multiplier: Ratio, why: string): Result {
  return ended(stake, multiplier, why, { ...tower.shown(true), ...(tower.hidesNext ? {} : { next_multiplier: null }) });
}

function stand(tower: Tower, stake: Stake, height: number, steps: number): Result {
  const pays = height > 0 ? tower.pays(height)! : null;
  const next = tower.pays(height + 1);
  if (steps === tower.steps) return over(tower, stake, pays ?? ratio(1), COMPLETE);
  if (pays && (next === null || isTooMuch(next, stake))) return over(tower, stake, pays, COMPLETE);
  const fields = { ...tower.shown(false), multiplier: shown(pays ?? NOTHING), next_multiplier: next && shown(next) };
  return { ended: false, shown: fields, staked: stake.units, worth: pays ? payoutOf(stake.units, pays) : 0n };
}
