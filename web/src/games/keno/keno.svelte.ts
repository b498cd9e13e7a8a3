import type { Bet } from "../../api/client";
import { parseUnits } from "../../money/amounts";
import { Instant } from "../kit/instant.svelte";
import { motion } from "../kit/motion.svelte";
import { sound } from "../kit/sound.svelte";
import { outcomeOf } from "../kit/steps.svelte";
import { Table } from "../kit/table.svelte";

export const NUMBERS = 40;
export const COLUMNS = 8;
export const PICKS_MOST = 10;
export const RISKS = ["classic", "low", "medium", "high"] as const;
export type Risk = (typeof RISKS)[number];
export type TileState = "idle" | "picked" | "hit" | "drawn";

const DRAW_MS = 95;

export const drawnOf = (bet: Bet): number[] => (outcomeOf(bet)["drawn"] ?? []) as number[];
export const pickedOf = (bet: Bet): number[] => ((bet.params as { numbers?: number[] }).numbers ?? []) as number[];

export function stateOf(number: number, picked: ReadonlySet<number>, drawn: readonly number[]): TileState {
  if (drawn.includes(number)) return picked.has(number) ? "hit" : "drawn";
  return picked.has(number) ? "picked" : "idle";
}

/** A place of `count`, each equally likely. */
const anyOf = (count: number): number => crypto.getRandomValues(new Uint32Array(1))[0]! % count;

export class Keno {
  risk = $state<Risk>("classic");
  picked = $state.raw<ReadonlySet<number>>(new Set());
  /** Numbers drawn and shown so far. */
  drawn = $state.raw<readonly number[]>([]);
  private table = new Table<{ multipliers: Record<string, string[][]> }>("keno");
  readonly play: Instant = new Instant({
    slug: "keno",
    params: () => ({ risk: this.risk, numbers: [...this.picked].sort((a, b) => a - b) }),
    unready: () => this.picked.size === 0,
    show: (bet) => this.draw(bet),
  });

  get fixed(): boolean {
    return this.play.locked || this.play.busy;
  }

  /** Multipliers by hits of the numbers picked, as their text; empty until the table came. */
  get pays(): readonly string[] {
    return this.picked.size === 0 ? [] : (this.table.data?.multipliers[this.risk]?.[this.picked.size - 1] ?? []);
  }

  get hits(): number {
    return this.drawn.filter((number) => this.picked.has(number)).length;
  }

  /** Units won when every number is hit. */
  get profit(): bigint {
    const stake = this.play.stake.units ?? 0n;
    return (stake * (parseUnits(this.pays.at(-1) ?? "1", 2) ?? 100n)) / 100n - stake;
  }

  toggle(number: number): void {
    if (this.fixed) return;
    const next = new Set(this.picked);
    if (!next.delete(number)) {
      if (next.size >= PICKS_MOST) return;
      next.add(number);
    }
    this.change(next);
    sound.play("click");
  }

  clear(): void {
    if (!this.fixed) this.change(new Set());
  }

  /** Ten numbers by chance; those picked by hand stay unless all ten are there already. */
  async pickAny(): Promise<void> {
    if (this.fixed) return;
    let next = new Set(this.picked.size >= PICKS_MOST ? [] : this.picked);
    while (next.size < PICKS_MOST && !this.fixed) {
      const left = Array.from({ length: NUMBERS }, (_, at) => at + 1).filter((number) => !next.has(number));
      next = new Set(next).add(left[anyOf(left.length)]!);
      this.change(next);
      sound.play("tick", 0.8 + next.size / 16);
      await motion.wait(45);
    }
  }

  private change(picked: ReadonlySet<number>): void {
    this.picked = picked;
    this.drawn = [];
  }

  private async draw(bet: Bet): Promise<void> {
    const all = drawnOf(bet);
    if (motion.off) {
      this.drawn = all;
      return;
    }
    for (let count = 0; count <= all.length; count += 1) {
      this.drawn = all.slice(0, count);
      if (count > 0) sound.play(this.picked.has(all[count - 1]!) ? "reveal" : "tick", 1 + this.hits / 10);
      await motion.wait(DRAW_MS);
    }
  }
}
