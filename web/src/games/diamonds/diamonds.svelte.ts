import type { Bet } from "../../api/client";
import { Instant } from "../kit/instant.svelte";
import { motion } from "../kit/motion.svelte";
import { sound } from "../kit/sound.svelte";
import { outcomeOf } from "../kit/steps.svelte";
import { Table } from "../kit/table.svelte";

export const COLOURS: Record<string, string> = {
  green: "#2fd18a",
  purple: "#a86bff",
  yellow: "#ffc53d",
  red: "#ff5468",
  cyan: "#38d0e8",
  pink: "#ff77c0",
  blue: "#4d8dff",
};
/** Patterns, the best first, as five signs: equal letters are alike. */
export const PATTERNS = { five: "aaaaa", four: "aaaa-", full_house: "aaabb", three: "aaa--", two_pair: "aabb-", pair: "aa---", nothing: "-----" } as const;
export type Pattern = keyof typeof PATTERNS;

const GEM_MS = 190;

export const gemsOf = (bet: Bet): string[] => (outcomeOf(bet)["gems"] ?? []) as string[];
export const patternOf = (bet: Bet): Pattern => String(outcomeOf(bet)["pattern"] ?? "nothing") as Pattern;

/** Which of the gems belong to the pattern. */
export const matched = (gems: readonly string[]): boolean[] => gems.map((gem) => gems.filter((other) => other === gem).length > 1);

export class Diamonds {
  /** Gems that lie on the table so far. */
  laid = $state.raw<string[]>([]);
  private table = new Table<{ multipliers: Record<string, string> }>("diamonds");
  readonly play: Instant = new Instant({ slug: "diamonds", params: () => ({}), show: (bet) => this.lay(bet) });

  pays(pattern: Pattern): string {
    return this.table.data?.multipliers[pattern] ?? "";
  }

  private async lay(bet: Bet): Promise<void> {
    const gems = gemsOf(bet);
    if (motion.off) {
      this.laid = gems;
      return;
    }
    this.laid = [];
    for (let count = 1; count <= gems.length; count += 1) {
      this.laid = gems.slice(0, count);
      const alike = this.laid.filter((gem) => gem === gems[count - 1]).length;
      sound.play("reveal", 0.8 + 0.2 * alike);
      await motion.wait(GEM_MS);
    }
    await motion.wait(GEM_MS);
  }
}
