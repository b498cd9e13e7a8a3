import { oneOf, Refused, type Game } from "../contract";
import type { Fields, Json } from "../json";
import { CASH_OUT, doOf, ended, isTooMuch } from "../ladder";
import { NOTHING, ONE, payoutOf, ratio, shown, times, type Ratio } from "../ratio";
import type { Reader } from "../stream";
import { at } from "../tables";

const ROLLS = 5;
const SUMS = [2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12];
const DIFFICULTIES = ["easy", "medium", "hard", "expert", "master"] as const;

function roll(reader: Reader): [number, number] {
  const die = (): number => reader.pick(6, (side) => `${side + 1} on the die`) + 1;
  return [die(), die()];
}

export const snakes: Game = {
  slug: "snakes",
  steps: true,
  play(reader, params, stake, choices, table) {
    const difficulty = oneOf(params, "difficulty", DIFFICULTIES);
    const rolls: number[][] = [];
    let multiplier: Ratio = ONE;
    let why: string | null = null;
    const factor = (sum: number): Ratio => {
      const rows = rolls.length === 0 ? "first_roll_hundredths_of_2_to_12" : "later_rolls_hundredths_of_2_to_12";
      return ratio(BigInt(at(table, rows, difficulty, sum - 2)), 100n);
    };
    for (const choice of choices) {
      if (why !== null) throw new Refused("do", "the round is over");
      if (doOf(choice, ["roll", CASH_OUT]) === CASH_OUT) {
        if (rolls.length === 0) throw new Refused("do", "there is nothing to take yet");
        why = CASH_OUT;
        continue;
      }
      const dice = roll(reader);
      multiplier = times(multiplier, factor(dice[0] + dice[1]));
      rolls.push(dice);
      if (multiplier.n === 0n) why = "snake";
      else if (rolls.length === ROLLS || SUMS.some((sum) => isTooMuch(times(multiplier, factor(sum)), stake))) why = "complete";
    }
    const places = rolls.map(([a, b]) => a! + b!);
    if (why !== null) return ended(stake, multiplier, why, { rolls, places, next_multipliers: null });
    const next: Json = SUMS.map((sum) => shown(times(multiplier, factor(sum))));
    const pays = rolls.length > 0 ? multiplier : NOTHING;
    const fields: Fields = { rolls, places, multiplier: shown(pays), next_multipliers: next };
    return { ended: false, shown: fields, staked: stake.units, worth: payoutOf(stake.units, pays) };
  },
  facts: (reader) => ({ dice: Array.from({ length: ROLLS }, () => roll(reader)) }),
};
