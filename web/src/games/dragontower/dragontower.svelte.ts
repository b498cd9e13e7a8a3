import type { Bet } from "../../api/client";
import { difficultyOf, isLost, Ladder, type Difficulty } from "../boards/ladder.svelte";
import { motion } from "../kit/motion.svelte";
import { sound } from "../kit/sound.svelte";
import { outcomeOf } from "../kit/steps.svelte";

export const ROWS = 9;

/** Tiles in a row, by difficulty. */
export const TILES: Record<Difficulty, number> = { easy: 4, medium: 3, hard: 2, expert: 3, master: 4 };

/** The tiles climbed over, from the bottom; the last one may be the dragon's. */
export function climbedOf(bet: Bet | null): number[] {
  const tiles = outcomeOf(bet)["climbed"];
  return Array.isArray(tiles) ? (tiles as number[]) : [];
}

/** The tiles with eggs, row by row from the bottom, once the round is over. */
export function eggsOf(bet: Bet | null): number[][] | null {
  const rows = outcomeOf(bet)["eggs"];
  return Array.isArray(rows) ? (rows as number[][]) : null;
}

export type TileLook = "idle" | "open" | "egg" | "dragon" | "faint-egg" | "faint-dragon";

/** How each tile looks, row by row from the bottom. */
export function looksOf(bet: Bet | null, difficulty: Difficulty): TileLook[][] {
  const tiles = TILES[(bet && difficultyOf(bet)) ?? difficulty];
  const climbed = climbedOf(bet);
  const eggs = eggsOf(bet);
  const lost = isLost(bet);
  return Array.from({ length: ROWS }, (_, row) =>
    Array.from({ length: tiles }, (_, tile): TileLook => {
      if (climbed[row] === tile) return lost && row === climbed.length - 1 ? "dragon" : "egg";
      if (eggs) return eggs[row]?.includes(tile) ? "faint-egg" : "faint-dragon";
      return bet?.state === "open" && row === climbed.length ? "open" : "idle";
    }),
  );
}

/** Any tile of a row. */
const anyTile = (tiles: number): number => crypto.getRandomValues(new Uint32Array(1))[0]! % tiles;

/** A tower of nine rows. */
export function newTower(): Ladder {
  return new Ladder({
    slug: "dragontower",
    difficulties: ["easy", "medium", "hard", "expert", "master"],
    wonOf: (bet) => climbedOf(bet).length - (isLost(bet) ? 1 : 0),
    next: (bet) => ({ do: "climb", tile: anyTile(TILES[difficultyOf(bet) ?? "easy"]) }),
    show: async (bet, choice) => {
      if (choice?.do !== "climb") return;
      sound.play(isLost(bet) ? "boom" : "reveal", 1 + climbedOf(bet).length / 10);
      await motion.wait(140);
    },
  });
}
