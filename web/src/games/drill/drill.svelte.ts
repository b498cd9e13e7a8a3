import type { Bet } from "../../api/client";
import { formatUnits, fromWire, parseUnits } from "../../money/amounts";
import { Instant } from "../kit/instant.svelte";
import { motion } from "../kit/motion.svelte";
import { sound } from "../kit/sound.svelte";
import { outcomeOf } from "../kit/steps.svelte";
import { Table } from "../kit/table.svelte";

export const DRILLS = [0, 1, 2] as const;
/** In hundredths. */
const TARGET_MIN = 101n;
const TARGET_MAX = 200_000_000n;
const RETURN_BP = 9_800;
export const DIG_MS = 900;
const TICKS = 9;
/** The bottom of the picture, as a multiplier; deeper results lie on it. */
const BOTTOM = 50;

export const plain = (hundredths: bigint): string => formatUnits(hundredths, 2, 2, { group: "", decimal: "." });
export const resultsOf = (bet: Bet): string[] => (outcomeOf(bet)["results"] ?? []) as string[];
export const drillOf = (bet: Bet): number => Number((bet.params as { drill?: number }).drill ?? 0);
export const targetOf = (bet: Bet): string => String((bet.params as { target?: string }).target ?? "2.00");

/** How deep a multiplier lies in the picture, 0 to 1. */
export const depthOf = (multiplier: number): number => Math.min(1, Math.log(Math.max(multiplier, 1)) / Math.log(BOTTOM));

export class Drill {
  drill = $state<number>(1);
  /** In hundredths. */
  target = $state(200n);
  private table = new Table<{ return_bp?: number }>("drill");
  readonly play: Instant = new Instant({ slug: "drill", params: () => ({ drill: this.drill, target: plain(this.target) }), show: () => this.dig() });

  setTarget(text: string): void {
    const units = parseUnits(text, 2);
    if (units !== null) this.target = units < TARGET_MIN ? TARGET_MIN : units > TARGET_MAX ? TARGET_MAX : units;
  }

  /** Chance in ten-thousandths of a percent, rounded down. */
  get chance(): bigint {
    return (BigInt(this.table.data?.return_bp ?? RETURN_BP) * 10_000n) / this.target;
  }

  setChance(text: string): void {
    const chance = parseUnits(text, 4);
    if (chance !== null && chance > 0n) this.target = fromWire(plain((BigInt(this.table.data?.return_bp ?? RETURN_BP) * 10_000n) / chance), 2);
    this.setTarget(plain(this.target));
  }

  get profit(): bigint {
    const stake = this.play.stake.units ?? 0n;
    return (stake * this.target) / 100n - stake;
  }

  private async dig(): Promise<void> {
    if (!motion.off) for (let tick = 0; tick < TICKS; tick += 1) setTimeout(() => sound.play("tick", 0.4), (DIG_MS * tick) / TICKS);
    await motion.wait(DIG_MS);
  }
}
