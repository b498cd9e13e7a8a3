import { oneOf, settled, type Game } from "../contract";
import type { Fields } from "../json";
import { exact } from "../ratio";
import { TWO_32, type Reader } from "../stream";
import { list } from "../tables";

const DIFFICULTIES = ["easy", "medium", "hard", "expert"] as const;

/** The first row whose least float the number reaches: number / 2^32 >= min, as exact fractions. */
export function placeOf(number: number, rows: readonly Fields[]): number {
  return rows.findIndex((row) => {
    const least = exact(row["min"] as string);
    return BigInt(number) * least.d >= least.n * BigInt(TWO_32);
  });
}

function open(reader: Reader, params: Fields, table: Fields): { place: number; multiplier: string } {
  const rows = list(table, "rows", oneOf(params, "difficulty", DIFFICULTIES)) as readonly Fields[];
  const place = placeOf(reader.raw((number) => `${String(rows[placeOf(number, rows)]!["multiplier"])}×`), rows);
  return { place, multiplier: String(rows[place]!["multiplier"]) };
}

export const cases: Game = {
  slug: "cases",
  steps: false,
  play(reader, params, stake, _choices, table) {
    const { place, multiplier } = open(reader, params, table);
    return settled(stake, exact(multiplier), { place });
  },
  facts: (reader, params, table) => ({ multiplier: Number(open(reader, params, table).multiplier) }),
};
