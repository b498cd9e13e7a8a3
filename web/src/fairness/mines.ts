import { numbers, scaled, type Digest } from "./stream";

export const TILES = 25;

/** Mines in the order drawn: Fisher–Yates by splice over tiles 0 to 24, one number per mine. */
export function drawMines(stream: bigint[], mines: number): number[] {
  const tiles = Array.from({ length: TILES }, (_, tile) => tile);
  const drawn: number[] = [];
  for (let i = 0; i < mines; i += 1) {
    const at = scaled(stream[i] ?? 0n, tiles.length);
    drawn.push(...tiles.splice(at, 1));
  }
  return drawn;
}

/** Where the mines of a round lie, with what they were made from. */
export async function minesOf(serverSeed: string, clientSeed: string, nonce: number, mines: number): Promise<{ drawn: number[]; numbers: bigint[]; digests: Digest[] }> {
  const stream = await numbers(serverSeed, clientSeed, nonce, mines);
  return { drawn: drawMines(stream.numbers, mines), ...stream };
}

/** n over k. */
export function choose(n: number, k: number): bigint {
  let result = 1n;
  for (let i = 1; i <= k; i += 1) result = (result * BigInt(n - k + i)) / BigInt(i);
  return result;
}

/** What a stake is worth after `revealed` gems: 0.99 · C(25, k) / C(25 − mines, k), rounded down. */
export function payoutOf(stake: bigint, mines: number, revealed: number): bigint {
  if (revealed === 0) return stake;
  return (stake * 99n * choose(TILES, revealed)) / (100n * choose(TILES - mines, revealed));
}

/** The multiplier in ten-thousandths, rounded down. */
export function multiplierOf(mines: number, revealed: number): bigint {
  return payoutOf(10_000n, mines, revealed);
}
