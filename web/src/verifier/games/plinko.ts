import { oneOf, settled, whole, type Game } from "../contract";
import type { Fields } from "../json";
import { exact, type Ratio } from "../ratio";
import type { Reader } from "../stream";
import { at } from "../tables";

const RISKS = ["low", "medium", "high", "expert"] as const;

/** One number a row: below one half is left. The bucket is the number of rights. */
function fall(reader: Reader, params: Fields): { path: string; bucket: number; rows: number; risk: string } {
  const rows = whole(params, "rows", 8, 16);
  const risk = oneOf(params, "risk", RISKS);
  let path = "";
  for (let row = 0; row < rows; row += 1) path += reader.pick(2, (side) => (side === 1 ? "right" : "left")) === 1 ? "R" : "L";
  return { path, bucket: path.split("R").length - 1, rows, risk };
}

function multiplierOf(table: Fields, rows: number, risk: string, bucket: number): Ratio {
  return exact(at(table, "multipliers", String(rows), risk, bucket));
}

export const plinko: Game = {
  slug: "plinko",
  steps: false,
  play(reader, params, stake, _choices, table) {
    const { path, bucket, rows, risk } = fall(reader, params);
    return settled(stake, multiplierOf(table, rows, risk, bucket), { path, bucket });
  },
  facts(reader, params, table) {
    const { path, bucket, rows, risk } = fall(reader, params);
    return { path, bucket, multiplier: Number(at(table, "multipliers", String(rows), risk, bucket)) };
  },
};
