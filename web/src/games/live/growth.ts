/**
 * The published formula of crash. What is drawn is a number; what is shown of money is integers,
 * and what is paid the server says.
 */
const RATE_PER_MS = 6 / 100_000;
export const ONE = 100n;
export const LEAST = 101n;
/** In hundredths, as the games take them. */
export const MOST = 100_000_000n;

/** The multiplier of a run's millisecond, as it is drawn. */
export const heightAt = (atMs: number): number => Math.exp(RATE_PER_MS * Math.max(atMs, 0));

/** floor(100 * e^(6t / 100000)): the multiplier of a run's millisecond, in hundredths. */
export const multiplierAt = (atMs: number): bigint => BigInt(Math.floor(100 * heightAt(Math.floor(atMs))));

/** When a multiplier is reached, for drawing. */
export const reachedMs = (height: number): number => Math.log(height) / RATE_PER_MS;

/** floor(stake * hundredths / 100), in units. */
export const payoutOf = (stake: bigint, multiplier: bigint): bigint => (stake * multiplier) / ONE;

/** Hundredths as plain text: 153 is "1.53". */
export function plain(hundredths: bigint): string {
  const digits = hundredths.toString().padStart(3, "0");
  return `${digits.slice(0, -2)}.${digits.slice(-2)}`;
}
