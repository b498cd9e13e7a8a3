/** A rung of a published ladder: numerator and denominator of what it pays per stake. */
export type Rung = readonly [numerator: number, denominator: number];

/** What rungs pay, in ten-thousandths rounded down, as amounts are shown everywhere. */
export function paysOf(rungs: readonly Rung[] | undefined): bigint[] {
  return (rungs ?? []).map(([numerator, denominator]) => (BigInt(numerator) * 10_000n) / BigInt(denominator));
}
