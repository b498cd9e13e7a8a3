import { settled, type Game } from "../contract";
import { exact } from "../ratio";
import type { Reader } from "../stream";
import { at } from "../tables";

const GEMS = ["green", "purple", "yellow", "red", "cyan", "pink", "blue"] as const;
const DRAWN = 5;
/** How many of a kind, most first, and what the field calls it. */
const PATTERNS: Readonly<Record<string, string>> = {
  "5": "five",
  "41": "four",
  "32": "full_house",
  "311": "three",
  "221": "two_pair",
  "2111": "pair",
  "11111": "nothing",
};

function draw(reader: Reader): string[] {
  return Array.from({ length: DRAWN }, () => GEMS[reader.pick(GEMS.length, (choice) => GEMS[choice]!)]!);
}

export function patternOf(gems: readonly string[]): string {
  const counts = [...new Set(gems)].map((gem) => gems.filter((other) => other === gem).length);
  return PATTERNS[counts.sort((a, b) => b - a).join("")]!;
}

export const diamonds: Game = {
  slug: "diamonds",
  steps: false,
  play(reader, _params, stake, _choices, table) {
    const gems = draw(reader);
    const pattern = patternOf(gems);
    return settled(stake, exact(at(table, "multipliers", pattern)), { gems, pattern });
  },
  facts: (reader) => ({ gems: draw(reader) }),
};
