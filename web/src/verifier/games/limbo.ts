import { decimalOf, Refused, settled, type Game } from "../contract";
import { decimal, floored, NOTHING, ratio, trimmed, type Ratio } from "../ratio";
import type { Reader } from "../stream";
import { returnOf } from "../tables";

const TARGET_LEAST = 101n;
const TARGET_MOST = 100_000_000n;
const GRAIN = 2n ** 24n;

/** floor(2^24 / n * return * 100) hundredths, n = floor(f * 2^24) + 1. May be below 1.00. */
export function resultOf(number: number, returnBp: bigint): bigint {
  const n = BigInt(number >>> 8) + 1n;
  return (GRAIN * returnBp) / (100n * n);
}

/** Draws the result in hundredths. */
function drawn(reader: Reader, returnBp: bigint): bigint {
  return resultOf(reader.raw((number) => decimal(resultOf(number, returnBp), 2)), returnBp);
}

/** The exact chance that the result reaches a target in hundredths, of 2^24. */
export function chanceOf(target: bigint, returnBp: bigint): Ratio {
  // result >= target  <=>  n <= 2^24 * return / (100 * target)
  const most = (GRAIN * returnBp) / (100n * target);
  return ratio(most > GRAIN ? GRAIN : most, GRAIN);
}

export const limbo: Game = {
  slug: "limbo",
  steps: false,
  play(reader, params, stake, _choices, table) {
    const target = decimalOf(params, "target", 2);
    if (target < TARGET_LEAST || target > TARGET_MOST) throw new Refused("target", "target must be from 1.01 to 1000000.00");
    const returnBp = returnOf(table);
    const result = drawn(reader, returnBp);
    const won = result >= target;
    const chance = chanceOf(target, returnBp);
    return settled(stake, won ? ratio(target, 100n) : NOTHING, {
      result: decimal(result, 2),
      won,
      chance: trimmed(floored(ratio(chance.n * 100n, chance.d), 6), 6),
    });
  },
  facts: (reader, _params, table) => ({ result: Number(drawn(reader, returnOf(table))) / 100 }),
};
