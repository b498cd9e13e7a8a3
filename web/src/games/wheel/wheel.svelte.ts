import type { Bet } from "../../api/client";
import { parseUnits } from "../../money/amounts";
import { Instant } from "../kit/instant.svelte";
import { motion } from "../kit/motion.svelte";
import { sound } from "../kit/sound.svelte";
import { outcomeOf } from "../kit/steps.svelte";
import { Table } from "../kit/table.svelte";

export const SEGMENTS = [10, 20, 30, 40, 50] as const;
export const RISKS = ["low", "medium", "high"] as const;
export type Risk = (typeof RISKS)[number];
type Pays = Record<string, Record<string, string[]>>;

/** Of one spin; ticks of the pointer are played along its slowing down. */
export const SPIN_MS = 2_400;
const TURNS = 4;
const TICKS = 22;

/** Colours by rank of a multiplier on its wheel: what pays nothing is grey. */
const COLOURS = ["#3dd68c", "#f5b63d", "#4d9cff", "#b06bff", "#ff5d73", "#ff8a3d"];

export const segmentOf = (bet: Bet): number => Number(outcomeOf(bet)["segment"] ?? 0);

/** The distinct multipliers of a wheel, lowest first, each with its colour and how often it is there. */
export function legendOf(pays: readonly string[]): { text: string; times: number; colour: string }[] {
  const distinct = [...new Set(pays)].sort((a, b) => Number(a) - Number(b));
  return distinct.map((text, at) => ({
    text,
    times: pays.filter((other) => other === text).length,
    colour: Number(text) === 0 ? "var(--surface-4)" : COLOURS[(at - (Number(distinct[0]) === 0 ? 1 : 0)) % COLOURS.length]!,
  }));
}

export class Wheel {
  segments = $state<number>(30);
  risk = $state<Risk>("medium");
  /** Degrees the wheel is turned by; only ever grows, so that it never spins back. */
  angle = $state(0);
  turning = $state(false);
  private table = new Table<{ multipliers: Pays }>("wheel");
  readonly play = new Instant({ slug: "wheel", params: () => ({ segments: this.segments, risk: this.risk }), show: (bet) => this.spin(bet) });

  /** Multipliers around the wheel, as their text; empty until the table came. */
  get pays(): readonly string[] {
    return this.table.data?.multipliers[String(this.segments)]?.[this.risk] ?? [];
  }

  get best(): bigint {
    return this.pays.reduce((most, text) => ((parseUnits(text, 2) ?? 0n) > most ? parseUnits(text, 2)! : most), 0n);
  }

  /** Units won on the best segment. */
  get profit(): bigint {
    const stake = this.play.stake.units ?? 0n;
    return (stake * this.best) / 100n - stake;
  }

  /** Turn so that the middle of the segment stands under the pointer. */
  private async spin(bet: Bet): Promise<void> {
    const wanted = 360 - ((segmentOf(bet) + 0.5) * 360) / this.segments;
    const rest = (((wanted - this.angle) % 360) + 360) % 360;
    this.turning = !motion.off;
    this.angle += rest + (motion.off ? 0 : 360 * TURNS);
    if (motion.off) return;
    for (let tick = 1; tick <= TICKS; tick += 1) setTimeout(() => sound.play("tick"), SPIN_MS * (1 - Math.sqrt(1 - tick / TICKS)) * 0.96);
    await motion.wait(SPIN_MS);
    this.turning = false;
  }
}
