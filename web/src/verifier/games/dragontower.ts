import { fieldsOf, oneOf, whole, type Game } from "../contract";
import type { Fields } from "../json";
import { climb, rungsOf } from "../ladder";
import type { Reader } from "../stream";

const ROWS = 9;
/** Eggs, which are safe, and tiles of a row. */
const LEVELS: Readonly<Record<string, { eggs: number; size: number }>> = {
  easy: { eggs: 3, size: 4 },
  medium: { eggs: 2, size: 3 },
  hard: { eggs: 1, size: 2 },
  expert: { eggs: 1, size: 3 },
  master: { eggs: 1, size: 4 },
};
const DIFFICULTIES = ["easy", "medium", "hard", "expert", "master"] as const;

/** The eggs of each row from the bottom, in the order drawn. */
function lay(reader: Reader, params: Fields): { rows: number[][]; size: number } {
  const { eggs, size } = LEVELS[oneOf(params, "difficulty", DIFFICULTIES)]!;
  const tiles = [...Array(size).keys()];
  const rows = Array.from({ length: ROWS }, (_, row) => reader.shuffled(tiles, eggs, (tile) => `row ${row + 1}: egg on tile ${tile}`));
  return { rows, size };
}

export const dragontower: Game = {
  slug: "dragontower",
  steps: true,
  play(reader, params, stake, choices, table) {
    const { rows, size } = lay(reader, params);
    const rungs = rungsOf(fieldsOf(table["rungs"], "rungs")[String(params["difficulty"])]);
    const climbed: number[] = [];
    return climb(
      {
        words: ["climb"],
        lost: "dragon",
        pays: (height) => rungs[height - 1] ?? null,
        step(choice, height) {
          const tile = whole(choice, "tile", 0, size - 1);
          climbed.push(tile);
          return rows[height]!.includes(tile) ? "won" : "lost";
        },
        shown: (isOver) => ({ climbed: [...climbed], ...(isOver ? { eggs: rows } : {}) }),
      },
      stake,
      choices,
    );
  },
  facts: (reader, params) => ({ eggsByRowFromBottom: lay(reader, params).rows }),
};
