import type { Bet } from "../../api/client";
import { Chips } from "../boards/chips.svelte";
import { Instant } from "../kit/instant.svelte";
import { motion } from "../kit/motion.svelte";
import { sound } from "../kit/sound.svelte";
import { outcomeOf } from "../kit/steps.svelte";
import { WHEEL } from "./layout";

export const SPIN_MS = 3_600;
const WHEEL_TURNS = 1;
const BALL_TURNS = 6;
const TICKS = 26;

export type Win = { place: string; amount: string; payout: string };

export const pocketOf = (bet: Bet): number => Number(outcomeOf(bet)["pocket"] ?? 0);
export const winsOf = (bet: Bet): Win[] => (outcomeOf(bet)["wins"] ?? []) as Win[];

/** Degrees from the wheel's mark to the middle of a pocket, clockwise. */
export const angleOf = (pocket: number): number => (WHEEL.indexOf(pocket) * 360) / WHEEL.length;

/** The chips on the layout, and the wheel's turning. */
export class Roulette {
  readonly chips: Chips<string> = new Chips(() => this.play);
  /** Degrees; only ever grow (the ball runs the other way). */
  wheel = $state(0);
  ball = $state(0);
  spinning = $state(false);
  readonly play: Instant = new Instant({
    slug: "roulette",
    params: () => ({ bets: this.chips.amounts.map(([place, amount]) => ({ place, amount })) }),
    units: () => this.chips.total,
    unready: () => this.chips.unready,
    show: (bet) => this.spin(bet),
  });

  private async spin(bet: Bet): Promise<void> {
    this.spinning = true;
    this.wheel += 360 * WHEEL_TURNS + 40 + Math.random() * 200;
    const wanted = this.wheel + angleOf(pocketOf(bet));
    const rest = (((this.ball - wanted) % 360) + 360) % 360;
    this.ball -= rest + 360 * BALL_TURNS;
    if (!motion.off) for (let tick = 1; tick <= TICKS; tick += 1) setTimeout(() => sound.play("tick", 0.7), SPIN_MS * (1 - Math.sqrt(1 - tick / TICKS)) * 0.9);
    await motion.wait(SPIN_MS);
    this.spinning = false;
  }
}
