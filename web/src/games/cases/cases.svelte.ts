import type { Bet } from "../../api/client";
import { parseUnits } from "../../money/amounts";
import { Instant } from "../kit/instant.svelte";
import { motion } from "../kit/motion.svelte";
import { sound } from "../kit/sound.svelte";
import { outcomeOf } from "../kit/steps.svelte";
import { Table } from "../kit/table.svelte";

export const DIFFICULTIES = ["easy", "medium", "hard", "expert"] as const;
export type Difficulty = (typeof DIFFICULTIES)[number];
export type Rows = Record<string, { min: string; multiplier: string }[]>;

export const SPIN_MS = 2_600;
/** Cases on the belt, and which of them stops under the mark. */
export const BELT = 44;
export const STOP = 38;
const TICKS = 24;

export const placeOf = (bet: Bet): number => Number(outcomeOf(bet)["place"] ?? 0);

/** The rows of a difficulty, the best first, each with its chance of one. */
export function chancesOf(rows: Rows[string]): { multiplier: string; chance: number }[] {
  return rows.map(({ min, multiplier }, at) => ({ multiplier, chance: (at === 0 ? 1 : Number(rows[at - 1]!.min)) - Number(min) }));
}

export class Cases {
  difficulty = $state<Difficulty>("medium");
  /** Multipliers on the belt; the server's is at STOP. */
  belt = $state.raw<string[]>([]);
  /** Counts spins, so that each belt is a new one. */
  spins = $state(0);
  private table = new Table<{ rows: Rows }>("cases");
  readonly play: Instant = new Instant({ slug: "cases", params: () => ({ difficulty: this.difficulty }), show: (bet) => this.spin(bet) });

  get rows(): Rows[string] {
    return this.table.data?.rows[this.difficulty] ?? [];
  }

  /** Units won by the best case. */
  get profit(): bigint {
    const stake = this.play.stake.units ?? 0n;
    return (stake * (parseUnits(this.rows[0]?.multiplier ?? "1", 2) ?? 100n)) / 100n - stake;
  }

  /** What passes by is for the eye, drawn by the table's chances; what stops is the server's. */
  filler(): string {
    const chances = chancesOf(this.rows);
    let left = Math.random();
    return (chances.find(({ chance }) => (left -= chance) < 0) ?? chances.at(-1))?.multiplier ?? "1";
  }

  fill(): void {
    if (this.belt.length === 0 && this.rows.length > 0) this.belt = Array.from({ length: BELT }, () => this.filler());
  }

  private async spin(bet: Bet): Promise<void> {
    const won = this.rows[placeOf(bet)]?.multiplier ?? "0";
    this.belt = Array.from({ length: BELT }, (_, at) => (at === STOP ? won : this.filler()));
    this.spins += 1;
    if (!motion.off) for (let tick = 1; tick <= TICKS; tick += 1) setTimeout(() => sound.play("tick"), SPIN_MS * (1 - Math.sqrt(1 - tick / TICKS)) * 0.97);
    await motion.wait(SPIN_MS);
  }
}
