import type { Bet } from "../api/client";
import { grow, parseUnits } from "../money/amounts";
import { scaleOf } from "../state/amounts.svelte";
import { t } from "../state/i18n.svelte";
import { reality } from "../protection/reality.svelte";
import { toasts } from "../state/toasts.svelte";
import { isWin, profitOf } from "./bets";
import type { Stake } from "./stake.svelte";

export type OnResult = { mode: "reset" | "increase"; percent: string };

const PAUSE_MS = 120;

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
  running = $state(false);
  done = $state(0);
  private stopping = false;

  constructor(
    private stake: Stake,
    private play: () => Promise<Bet>,
  ) {}

  stop(): void {
    this.stopping = true;
  }

  async run(): Promise<void> {
    const base = this.stake.units;
    if (this.running || base === null) return;
    const currency = this.stake.currency;
    const limit = this.count.trim() === "" ? Infinity : Number.parseInt(this.count, 10) || 0;
    this.running = true;
    this.stopping = false;
    this.done = 0;
    let profit = 0n;
    try {
      while (!this.stopping && !reality.due && this.done < limit && this.stake.currency === currency) {
        if (this.stake.problem) {
          toasts.say("info", this.stake.problem);
          break;
        }
        const bet = await this.play();
        this.done += 1;
        profit += profitOf(bet);
        if (this.reached(profit, currency)) break;
        const rule = isWin(bet) ? this.onWin : this.onLoss;
        this.stake.set(rule.mode === "reset" ? base : grow(this.stake.units ?? base, rule.percent));
        await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
      }
    } catch (error) {
      toasts.fail(error);
    } finally {
      this.running = false;
      if (this.stake.currency === currency) this.stake.set(base);
    }
  }

  private reached(profit: bigint, currency: string): boolean {
    const most = parseUnits(this.stopProfit || "0", scaleOf(currency)) ?? 0n;
    const worst = parseUnits(this.stopLoss || "0", scaleOf(currency)) ?? 0n;
    const hit = (most > 0n && profit >= most) || (worst > 0n && -profit >= worst);
    if (hit) toasts.say("info", t("auto.limit_reached"));
    return hit;
  }
}
