import type { Bet } from "../../api/client";
import { toDecimal } from "../../money/amounts";
import { Instant } from "../kit/instant.svelte";
import { motion } from "../kit/motion.svelte";
import { sound } from "../kit/sound.svelte";
import { outcomeOf } from "../kit/steps.svelte";
import { WHEEL } from "./layout";

export const SPIN_MS = 3_600;
const WHEEL_TURNS = 1;
const BALL_TURNS = 6;
const TICKS = 26;
const MOST_OF_ONE = 1_000;

export type Win = { place: string; amount: string; payout: string };

export const pocketOf = (bet: Bet): number => Number(outcomeOf(bet)["pocket"] ?? 0);
export const winsOf = (bet: Bet): Win[] => (outcomeOf(bet)["wins"] ?? []) as Win[];

/** Degrees from the wheel's mark to the middle of a pocket, clockwise. */
export const angleOf = (pocket: number): number => (WHEEL.indexOf(pocket) * 360) / WHEEL.length;

/** The chips on the layout, each worth the stake field, and the wheel's turning. */
export class Roulette {
  /** How many chips lie on each place. */
  chips = $state.raw<Readonly<Record<string, number>>>({});
  /** Degrees; only ever grow (the ball runs the other way). */
  wheel = $state(0);
  ball = $state(0);
  spinning = $state(false);
  private placed: Readonly<Record<string, number>>[] = [];
  readonly play: Instant = new Instant({
    slug: "roulette",
    params: () => ({ bets: Object.entries(this.chips).map(([place, count]) => ({ place, amount: toDecimal(this.worth(count), this.play.stake.scale) })) }),
    units: () => this.total,
    unready: () => this.count === 0 || this.play.stake.problemOf(this.total) !== undefined,
    show: (bet) => this.spin(bet),
  });

  get count(): number {
    return Object.values(this.chips).reduce((sum, count) => sum + count, 0);
  }

  /** Units of so many chips. */
  worth(count: number): bigint {
    return (this.play.stake.units ?? 0n) * BigInt(count);
  }

  get total(): bigint {
    return this.worth(this.count);
  }

  /** What is wrong with a chip, or with all of them together. */
  get problem(): string | undefined {
    const { stake } = this.play;
    return stake.problem ?? (this.count > 0 ? stake.problemOf(this.total) : undefined);
  }

  get fixed(): boolean {
    return this.play.locked || this.play.busy;
  }

  put(place: string, by = 1): void {
    if (this.fixed) return;
    const count = Math.min(MOST_OF_ONE, Math.max(0, (this.chips[place] ?? 0) + by));
    const { [place]: _, ...others } = this.chips;
    this.change(count === 0 ? others : { ...others, [place]: count });
    sound.play("chip");
  }

  clear(): void {
    if (!this.fixed) this.change({});
  }

  double(): void {
    if (!this.fixed) this.change(Object.fromEntries(Object.entries(this.chips).map(([place, count]) => [place, Math.min(MOST_OF_ONE, count * 2)])));
  }

  undo(): void {
    if (!this.fixed) this.chips = this.placed.pop() ?? this.chips;
  }

  private change(chips: Readonly<Record<string, number>>): void {
    this.placed.push(this.chips);
    this.chips = chips;
  }

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
