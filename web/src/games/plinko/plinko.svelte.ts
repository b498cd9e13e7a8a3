import type { Bet } from "../../api/client";
import { parseUnits } from "../../money/amounts";
import { Instant } from "../kit/instant.svelte";
import { outcomeOf } from "../kit/steps.svelte";
import { Table } from "../kit/table.svelte";

export const ROWS_MIN = 8;
export const ROWS_MAX = 16;
export const RISKS = ["low", "medium", "high", "expert"] as const;
export type Risk = (typeof RISKS)[number];
export const COLOURS: Record<Risk, string> = { low: "#3dd6a0", medium: "#ffb74a", high: "#ff5d73", expert: "#b57bff" };

export type Pays = Record<string, Record<string, string[]>>;

export const pathOf = (bet: Bet): string => String(outcomeOf(bet)["path"] ?? "");
export const bucketOf = (bet: Bet): number => Number(outcomeOf(bet)["bucket"] ?? 0);
export const riskOf = (bet: Bet): Risk => ((bet.params as { risk?: Risk }).risk ?? "low");

/** A bucket's colour: yellow in the middle, red at the edges. */
export function bucketColour(bucket: number, rows: number): string {
  const edge = Math.abs(bucket - rows / 2) / (rows / 2);
  return `oklch(${0.83 - 0.19 * edge} ${0.165 + 0.06 * edge} ${88 - 70 * edge})`;
}

export class Plinko {
  rows = $state(16);
  risk = $state<Risk>("medium");
  /** Balls that have not landed. */
  inAir = $state(0);
  /** Set by the board: lets a ball fall and is done when it lies. */
  fall: (bet: Bet) => Promise<void> = () => Promise.resolve();
  private table = new Table<{ multipliers: Pays }>("plinko");
  readonly play = new Instant({
    slug: "plinko",
    params: () => ({ rows: this.rows, risk: this.risk }),
    show: (bet) => this.show(bet),
    overlap: true,
  });

  /** Multipliers of the buckets from the left; empty until the table came. */
  get pays(): readonly string[] {
    return this.table.data?.multipliers[String(this.rows)]?.[this.risk] ?? [];
  }

  /** Units won in the outermost bucket. */
  get profit(): bigint {
    const stake = this.play.stake.units ?? 0n;
    return (stake * (parseUnits(this.pays[0] ?? "1", 2) ?? 100n)) / 100n - stake;
  }

  private async show(bet: Bet): Promise<void> {
    this.inAir += 1;
    try {
      await this.fall(bet);
    } finally {
      this.inAir -= 1;
    }
  }
}
