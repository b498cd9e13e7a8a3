import type { Bet } from "../../api/client";
import { grow, parseUnits } from "../../money/amounts";
import { scaleOf } from "../../state/amounts.svelte";
import { config } from "../../state/config.svelte";
import { t } from "../../state/i18n.svelte";
import { reality } from "../../protection/reality.svelte";
import { toasts } from "../../state/toasts.svelte";
import { profitOf } from "./bets";
import { motion } from "./motion.svelte";
import type { Stake } from "./stake.svelte";

export type OnResult = { mode: "reset" | "increase"; percent: string };

/** Pauses between bets that a player may choose; the shortest is never shorter than the rules allow. */
export const DELAYS_MS = [100, 500, 1_000, 2_500] as const;

/**
 * Bets one after another by the player's rules. Every next stake follows from the server's answer;
 * the first refusal or lost connection stops it.
 */
export class Autobet {
  /** Empty means until stopped. */
  count = $state("");
  onWin = $state<OnResult>({ mode: "reset", percent: "0" });
  onLoss = $state<OnResult>({ mode: "reset", percent: "0" });
  stopProfit = $state("");
  stopLoss = $state("");
  /** Profit of a single bet at which it stops. */
  stopWin = $state("");
  delayMs = $state<number>(DELAYS_MS[0]);
  running = $state(false);
  done = $state(0);
  /** No further bet is to be placed. */
  stopping = false;

  constructor(
    private stake: Stake,
    /** One whole bet; null when it was stopped before it was placed. */
    private play: () => Promise<Bet | null>,
  ) {}

  /** Some jurisdictions forbid it: every bet needs its own hand. */
  get allowed(): boolean {
    return config.pace.autoplay;
  }

  stop(): void {
    this.stopping = true;
  }

  async run(): Promise<void> {
    const base = this.stake.units;
    if (this.running || base === null || !this.allowed) return;
    const currency = this.stake.currency;
    const limit = this.count.trim() === "" ? Infinity : Number.parseInt(this.count, 10) || 0;
    this.running = true;
    this.stopping = false;
    this.done = 0;
    let profit = 0n;
    try {
      while (!this.stopping && this.allowed && !reality.due && this.done < limit && this.stake.currency === currency) {
        if (this.stake.problem) {
          toasts.say("info", this.stake.problem);
          break;
        }
        const bet = await this.play();
        if (!bet) break;
        this.done += 1;
        profit += profitOf(bet);
        if (this.reached(profit, profitOf(bet), currency)) break;
        this.stake.set(this.next(bet, base));
        await new Promise((resolve) => setTimeout(resolve, this.pause));
      }
    } catch (error) {
      toasts.fail(error);
    } finally {
      this.running = false;
      if (this.stake.currency === currency) this.stake.set(base);
    }
  }

  /** The next stake after a bet; money back changes nothing. */
  private next(bet: Bet, base: bigint): bigint {
    const profit = profitOf(bet);
    const now = this.stake.units ?? base;
    if (profit === 0n) return now;
    const rule = profit > 0n ? this.onWin : this.onLoss;
    return rule.mode === "reset" ? base : grow(now, rule.percent);
  }

  /** Milliseconds to the next bet: the player's, but not below what the jurisdiction asks for. */
  private get pause(): number {
    return Math.max(motion.isInstant ? DELAYS_MS[0] : this.delayMs, config.roundMs(this.stake.game));
  }

  private reached(profit: bigint, single: bigint, currency: string): boolean {
    const isAt = (limit: string, value: bigint): boolean => {
      const units = parseUnits(limit || "0", scaleOf(currency)) ?? 0n;
      return units > 0n && value >= units;
    };
    const hit = isAt(this.stopProfit, profit) || isAt(this.stopLoss, -profit) || isAt(this.stopWin, single);
    if (hit) toasts.say("info", t("auto.limit_reached"));
    return hit;
  }
}
