import type { Bet } from "../../api/client";
import { formatUnits, fromWire, parseUnits } from "../../money/amounts";
import { Instant } from "../kit/instant.svelte";
import { motion } from "../kit/motion.svelte";
import { sound } from "../kit/sound.svelte";
import { outcomeOf } from "../kit/steps.svelte";
import { Table } from "../kit/table.svelte";

/** In hundredths, as the game takes them. */
export const TARGET_MIN = 101n;
export const TARGET_MAX = 100_000_000n;
const GRAIN = 1n << 24n;
const RETURN_BP = 9_900;
const CLIMB_MS = 620;

/** Hundredths as plain text: 200 is "2.00". */
export const plain = (hundredths: bigint): string => formatUnits(hundredths, 2, 2, { group: "", decimal: "." });

/** Result of a bet in hundredths. */
export const resultOf = (bet: Bet): bigint => fromWire(String(outcomeOf(bet)["result"] ?? "1"), 2);

/** What the player reaches for, and the number climbing to what came. */
export class Limbo {
  /** In hundredths. */
  target = $state(200n);
  /** What the board shows now, in hundredths; null before the first bet. */
  height = $state<bigint | null>(null);
  private table = new Table<{ return_bp?: number }>("limbo");
  private frame = 0;
  readonly play = new Instant({ slug: "limbo", params: () => ({ target: plain(this.target) }), show: (bet) => this.climb(bet) });

  setTarget(text: string): void {
    const units = parseUnits(text, 2);
    if (units !== null) this.target = units < TARGET_MIN ? TARGET_MIN : units > TARGET_MAX ? TARGET_MAX : units;
  }

  /** Chance in millionths of a percent, rounded down. */
  get chance(): bigint {
    const winning = (GRAIN * BigInt(this.table.data?.return_bp ?? RETURN_BP)) / (100n * this.target);
    return ((winning < GRAIN ? winning : GRAIN) * 100_000_000n) / GRAIN;
  }

  /** The highest target with at least this chance. */
  setChance(text: string): void {
    const chance = parseUnits(text, 6);
    if (chance !== null && chance > 0n) this.setTarget(plain((BigInt(this.table.data?.return_bp ?? RETURN_BP) * 1_000_000n) / chance));
  }

  get profit(): bigint {
    const stake = this.play.stake.units ?? 0n;
    return (stake * this.target) / 100n - stake;
  }

  /** The number climbs faster and faster; it stops where the server said. */
  private climb(bet: Bet): Promise<void> {
    const end = resultOf(bet);
    const took = motion.ms(CLIMB_MS);
    cancelAnimationFrame(this.frame);
    if (took === 0) {
      this.height = end;
      return Promise.resolve();
    }
    return new Promise((resolve) => {
      const began = performance.now();
      const step = (now: number): void => {
        const share = Math.min((now - began) / took, 1);
        // Only what is drawn on the way leaves the integers.
        this.height = share === 1 ? end : BigInt(Math.floor(100 * (Number(end) / 100) ** (share * share * (3 - 2 * share))));
        if (share === 1) return resolve();
        sound.play("tick", 0.7 + share);
        this.frame = requestAnimationFrame(step);
      };
      this.frame = requestAnimationFrame(step);
    });
  }
}
