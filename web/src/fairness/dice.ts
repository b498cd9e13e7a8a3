import { numbers, scaled, type Digest } from "./stream";

/** 10,001 outcomes: 0.00 to 100.00. */
export const OUTCOMES = 10_001;
/** The house keeps one in a hundred: payout = stake * 9,900 / chance in hundredths of a percent. */
const RETURN_BASIS = 9_900n;

export type Direction = "over" | "under";

/** The roll in hundredths, 0 to 10,000. */
export function rollOf(number: bigint): number {
  return scaled(number, OUTCOMES);
}

/** The roll of a bet with what it was made from. */
export async function roll(serverSeed: string, clientSeed: string, nonce: number): Promise<{ roll: number; number: bigint; digests: Digest[] }> {
  const stream = await numbers(serverSeed, clientSeed, nonce, 1);
  const number = stream.numbers[0] ?? 0n;
  return { roll: rollOf(number), number, digests: stream.digests };
}

/** The chance to win in hundredths of a percent for a target in hundredths. */
export function chanceOf(target: number, direction: Direction): number {
  return direction === "over" ? 10_000 - target : target;
}

/** The target in hundredths that gives a chance in hundredths of a percent. */
export function targetFor(chance: number, direction: Direction): number {
  return direction === "over" ? 10_000 - chance : chance;
}

/** Whether a roll wins. */
export function wins(rolled: number, target: number, direction: Direction): boolean {
  return direction === "over" ? rolled > target : rolled < target;
}

/** What a winning stake comes back as, rounded down to the ledger unit. */
export function payoutOf(stake: bigint, chance: number): bigint {
  return (stake * RETURN_BASIS) / BigInt(chance);
}

/** The multiplier in ten-thousandths, rounded down: 2.0000 is 20,000. */
export function multiplierOf(chance: number): bigint {
  return (RETURN_BASIS * 10_000n) / BigInt(chance);
}

/** The chance in hundredths of a percent nearest below a multiplier in ten-thousandths. */
export function chanceForMultiplier(multiplier: bigint): number {
  return multiplier > 0n ? Number((RETURN_BASIS * 10_000n) / multiplier) : 10_000;
}
