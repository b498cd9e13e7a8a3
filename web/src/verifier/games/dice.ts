import { decimalOf, oneOf, Refused, settled, type Game } from "../contract";
import type { Fields } from "../json";
import { decimal, NOTHING, payoutOf as paid, ratio, shown, type Ratio } from "../ratio";
import { at, returnOf } from "../tables";
import type { Reader } from "../stream";

/** 10,001 outcomes: 0.00 to 100.00. */
export const OUTCOMES = 10_001;

export type Direction = "over" | "under";

/** The roll in hundredths, 0 to 10,000. */
export function roll(reader: Reader): number {
  return reader.pick(OUTCOMES, (choice) => decimal(choice, 2));
}

/** The chance to win in hundredths of a percent for a target in hundredths. */
export function chanceOf(target: number, direction: Direction): number {
  return direction === "over" ? 10_000 - target : target;
}

/** The target in hundredths that gives a chance in hundredths of a percent. */
export function targetFor(chance: number, direction: Direction): number {
  return chanceOf(chance, direction);
}

export function wins(rolled: number, target: number, direction: Direction): boolean {
  return direction === "over" ? rolled > target : rolled < target;
}

/** return / chance: at 99 % and 49.50 % exactly 2. */
export function multiplierFor(chance: number, returnBp: bigint = 9_900n): Ratio {
  return ratio(returnBp, chance);
}

/** What a winning stake comes back as at the usual return, rounded down to the ledger unit. */
export function payoutOf(stake: bigint, chance: number): bigint {
  return paid(stake, multiplierFor(chance));
}

/** The multiplier in ten-thousandths, rounded down: 2.0000 is 20,000. */
export function multiplierOf(chance: number): bigint {
  return payoutOf(10_000n, chance);
}

/** The chance in hundredths of a percent nearest below a multiplier in ten-thousandths. */
export function chanceForMultiplier(multiplier: bigint): number {
  return multiplier > 0n ? Number(99_000_000n / multiplier) : 10_000;
}

export const dice: Game = {
  slug: "dice",
  steps: false,
  play(reader, params, stake, _choices, table) {
    const direction = oneOf(params, "direction", ["over", "under"]);
    const target = Number(decimalOf(params, "target", 2));
    const chance = chanceOf(target, direction);
    if (chance < Number(at(table, "chance_min")) || chance > Number(at(table, "chance_max"))) {
      throw new Refused("target", "target leaves too small or too great a chance");
    }
    const multiplier = multiplierFor(chance, returnOf(table));
    const rolled = roll(reader);
    const won = wins(rolled, target, direction);
    return settled(stake, won ? multiplier : NOTHING, {
      roll: decimal(rolled, 2),
      won,
      win_multiplier: shown(multiplier),
      chance: decimal(chance, 2),
    });
  },
  facts: (reader): Fields => ({ result: roll(reader) / 100 }),
};
