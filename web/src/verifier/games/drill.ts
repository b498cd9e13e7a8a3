import { decimalOf, Refused, settled, whole, type Game } from "../contract";
import { decimal, NOTHING, ratio } from "../ratio";
import { TWO_32, type Reader } from "../stream";
import { returnOf } from "../tables";

const DRILLS = 3;
const TARGET_LEAST = 101n;
const RESULT_MOST = 200_000_000n;

/** max(1, return / (1 - f)) in hundredths rounded down, at most 2,000,000.00. */
export function resultOf(number: number, returnBp: bigint): bigint {
  const point = (returnBp * BigInt(TWO_32)) / (100n * BigInt(TWO_32 - number));
  const least = point < 100n ? 100n : point;
  return least > RESULT_MOST ? RESULT_MOST : least;
}

function drill3(reader: Reader, returnBp: bigint): bigint[] {
  return Array.from({ length: DRILLS }, () => resultOf(reader.raw((number) => decimal(resultOf(number, returnBp), 2)), returnBp));
}

export const drill: Game = {
  slug: "drill",
  steps: false,
  play(reader, params, stake, _choices, table) {
    const chosen = whole(params, "drill", 0, DRILLS - 1);
    const target = decimalOf(params, "target", 2);
    if (target < TARGET_LEAST || target > RESULT_MOST) throw new Refused("target", "target must be from 1.01 to 2000000.00");
    const results = drill3(reader, returnOf(table));
    const won = results[chosen]! >= target;
    return settled(stake, won ? ratio(target, 100n) : NOTHING, { results: results.map((result) => decimal(result, 2)), won });
  },
  facts: (reader, _params, table) => ({ multipliersFloor2: drill3(reader, returnOf(table)).map((result) => Number(result) / 100) }),
};
