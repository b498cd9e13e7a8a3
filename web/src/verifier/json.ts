import { hex, sha256Of } from "./bytes";

export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };
export type Fields = { readonly [key: string]: Json };

/** JSON text with sorted keys and no spaces: the same data is always the same bytes. */
export function canonical(value: Json): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join(",")}]`;
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  const fields = value as Fields;
  const keys = Object.keys(fields).sort();
  return `{${keys.map((key) => `${JSON.stringify(key)}:${canonical(fields[key]!)}`).join(",")}}`;
}

export function isFields(value: unknown): value is Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Whether two JSON values say the same; the order of keys says nothing. */
export function same(a: Json, b: Json): boolean {
  return canonical(a) === canonical(b);
}

/** The hash that stands on a bet: of the game's version and its whole table. */
export function tableHash(version: string, table: Json): string {
  return hex(sha256Of(canonical({ table, version })));
}
