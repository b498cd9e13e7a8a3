/** What a game is: one pure function of the stream, the parameters and the choices made so far. */
import type { Fields, Json } from "./json";
import { payoutOf, shown, units, type Ratio } from "./ratio";
import type { Reader } from "./stream";

/** What is at stake, beside the parameters. */
export type Stake = {
  /** Units of the opening stake. */
  units: bigint;
  /** Decimals of the currency's ledger unit. */
  scale: number;
  /** Units that the house could pay on this round when it opened; null when it is not known. */
  most: bigint | null;
};

export type Standing = { ended: false; shown: Fields; staked: bigint; worth: bigint };
export type Ended = { ended: true; shown: Fields; staked: bigint; payout: bigint };
export type Result = Standing | Ended;

export type Game = {
  slug: string;
  /** Whether a round stays open between choices. */
  steps: boolean;
  play(reader: Reader, params: Fields, stake: Stake, choices: readonly Fields[], table: Fields): Result;
  /** The outcome in the names and formats of the independent vectors. */
  facts?(reader: Reader, params: Fields, table: Fields): Fields;
};

/** Parameters, choices or data that do not make a bet; names the field. */
export class Refused extends Error {
  constructor(
    readonly field: string,
    message: string,
  ) {
    super(message);
    this.name = "Refused";
  }
}

/** A bet that is settled at once. */
export function settled(stake: Stake, multiplier: Ratio, shownFields: Fields): Ended {
  const payout = payoutOf(stake.units, multiplier);
  return { ended: true, shown: { ...shownFields, multiplier: shown(multiplier) }, staked: stake.units, payout };
}

export function whole(fields: Fields, name: string, least: number, most: number): number {
  const value = fields[name];
  if (typeof value !== "number" || !Number.isInteger(value) || value < least || value > most) {
    throw new Refused(name, `${name} must be a whole number from ${least} to ${most}`);
  }
  return value;
}

export function oneOf<T extends string>(fields: Fields, name: string, allowed: readonly T[]): T {
  const value = fields[name];
  if (typeof value !== "string" || !(allowed as readonly string[]).includes(value)) {
    throw new Refused(name, `${name} must be one of ${allowed.join(", ")}`);
  }
  return value as T;
}

/** A decimal text in units of a scale. */
export function decimalOf(fields: Fields, name: string, scale: number): bigint {
  const value = fields[name];
  const found = typeof value === "string" ? units(value, scale) : null;
  if (found === null) throw new Refused(name, `${name} must be a decimal text such as "2.50"`);
  return found;
}

export function fieldsOf(value: Json | undefined, name: string): Fields {
  if (typeof value !== "object" || value === null || Array.isArray(value)) throw new Refused(name, `${name} must be an object`);
  return value as Fields;
}

export function listOf(value: Json | undefined, name: string): readonly Json[] {
  if (!Array.isArray(value)) throw new Refused(name, `${name} must be a list`);
  return value as readonly Json[];
}
