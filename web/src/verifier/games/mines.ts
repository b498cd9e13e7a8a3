import { fieldsOf, Refused, whole, type Game } from "../contract";
import type { Fields } from "../json";
import { climb, isTooMuch, rungsOf } from "../ladder";
import { ONE, payoutOf as paid, ratio, type Ratio } from "../ratio";
import type { Reader } from "../stream";

export const TILES = 25;

/** Where the mines lie, in the order drawn. */
function lay(reader: Reader, params: Fields): number[] {
  const mines = whole(params, "mines", 1, TILES - 1);
  return reader.shuffled([...Array(TILES).keys()], mines, (tile) => `tile ${tile}`);
}

const sorted = (tiles: readonly number[]): number[] => [...tiles].sort((a, b) => a - b);

/** n over k. */
export function choose(n: number, k: number): bigint {
  let result = 1n;
  for (let i = 1; i <= k; i += 1) result = (result * BigInt(n - k + i)) / BigInt(i);
  return result;
}

/** return · C(25, k) / C(25 − mines, k) after k gems. */
export function multiplierAt(mines: number, revealed: number, returnBp: bigint = 9_900n): Ratio {
  if (revealed === 0) return ONE;
  return ratio(returnBp * choose(TILES, revealed), 10_000n * choose(TILES - mines, revealed));
}

/** What a stake is worth after so many gems, rounded down. */
export function payoutOf(stake: bigint, mines: number, revealed: number): bigint {
  return paid(stake, multiplierAt(mines, revealed));
}

/** The multiplier in ten-thousandths, rounded down. */
export function multiplierOf(mines: number, revealed: number): bigint {
  return payoutOf(10_000n, mines, revealed);
}

export const mines: Game = {
  slug: "mines",
  steps: true,
  play(reader, params, stake, choices, table) {
    const laid = lay(reader, params);
    const rungs = rungsOf(fieldsOf(table["multipliers"], "multipliers")[String(laid.length)]);
    // The round pays out by itself before a gem could pay more than the house can.
    const fitting = rungs.findIndex((rung) => isTooMuch(rung, stake));
    const revealsMax = fitting < 0 ? rungs.length : Math.max(1, fitting);
    const revealed: number[] = [];
    let hit: number | null = null;
    return climb(
      {
        words: ["reveal"],
        lost: "mine",
        hidesNext: true,
        pays: (height) => rungs[height - 1] ?? null,
        step(choice) {
          const tile = whole(choice, "tile", 0, TILES - 1);
          if (revealed.includes(tile)) throw new Refused("tile", `tile ${tile} is open already`);
          if (laid.includes(tile)) hit = tile;
          else revealed.push(tile);
          return hit === null ? "won" : "lost";
        },
        shown: (isOver) => ({
          revealed: [...revealed],
          reveals_max: revealsMax,
          ...(isOver ? { mines: sorted(laid), hit } : {}),
        }),
      },
      stake,
      choices,
    );
  },
  facts(reader, params) {
    const laid = lay(reader, params);
    return { drawOrder0: laid, minePositions0: sorted(laid) };
  },
};
