import type { Bet } from "../api/client";
import { fromWire } from "../money/amounts";
import { scaleOf } from "../state/amounts.svelte";
import { profitOf } from "./bets";

const POINTS_MOST = 120;

/** Live statistics of this visit, for one currency at a time. */
export class Stats {
  currency = $state("");
  wagered = $state(0n);
  profit = $state(0n);
  wins = $state(0);
  losses = $state(0);
  /** Profit after each bet, oldest first. */
  points = $state.raw<bigint[]>([0n]);
  open = $state(false);

  add(bet: Bet): void {
    if (bet.state !== "settled") return;
    if (bet.currency !== this.currency) this.reset(bet.currency);
    const profit = profitOf(bet);
    this.wagered += fromWire(bet.stake, scaleOf(bet.currency));
    this.profit += profit;
    if (profit > 0n) this.wins += 1;
    else this.losses += 1;
    this.points = [...this.points, this.profit].slice(-POINTS_MOST);
  }

  reset(currency = this.currency): void {
    this.currency = currency;
    this.wagered = 0n;
    this.profit = 0n;
    this.wins = 0;
    this.losses = 0;
    this.points = [0n];
  }
}

export const stats = new Stats();
