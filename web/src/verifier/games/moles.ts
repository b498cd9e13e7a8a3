/** A game of the field that we verify and do not offer. */
import { whole } from "../contract";
import type { Fields } from "../json";
import type { Reader } from "../stream";

const HOLES = 7;

/** Moles of each round, sorted; the vectors have 8 rounds of one mole and 9 of several. */
export function moles(reader: Reader, params: Fields): Fields {
  const count = whole(params, "moles", 1, HOLES - 1);
  const holes = [...Array(HOLES).keys()];
  const rounds = count === 1 ? 8 : 9;
  return { rounds: Array.from({ length: rounds }, () => reader.shuffled(holes, count, (hole) => `hole ${hole}`).sort((a, b) => a - b)) };
}
