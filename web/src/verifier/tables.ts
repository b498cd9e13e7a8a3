/** Reading the published tables: data that decides money, whose hash stands on every bet. */
import { fieldsOf, listOf, Refused } from "./contract";
import type { Fields, Json } from "./json";

const RETURN_BP = 9_900n;

/** What the house returns, in ten-thousandths, for games whose payout is a formula. */
export function returnOf(table: Fields): bigint {
  const value = table["return_bp"] ?? table["return_hundredths"];
  return typeof value === "number" ? BigInt(value) : RETURN_BP;
}

function reach(table: Fields, path: readonly (string | number)[]): Json {
  let at: Json = table;
  for (const step of path) {
    const found: Json | undefined = typeof step === "number" ? listOf(at, String(path[0]))[step] : fieldsOf(at, String(path[0]))[step];
    if (found === undefined) throw new Refused("table", `the table has no ${path.join(".")}`);
    at = found;
  }
  return at;
}

/** A number of the table as its decimal text. */
export function at(table: Fields, ...path: (string | number)[]): string {
  return String(reach(table, path));
}

export function list(table: Fields, ...path: (string | number)[]): readonly Json[] {
  return listOf(reach(table, path), path.join("."));
}
