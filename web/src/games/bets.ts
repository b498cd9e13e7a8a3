import type { Bet } from "../api/client";
import { fromWire } from "../money/amounts";
import { rates, scaleOf } from "../state/amounts.svelte";
import { config } from "../state/config.svelte";
import { valueCents } from "../money/amounts";

/** What a settled bet brought its player; negative when it lost. */
export function profitOf(bet: Bet): bigint {
  const scale = scaleOf(bet.currency);
  return fromWire(bet.payout, scale) - fromWire(bet.stake, scale);
}

export function isWin(bet: Bet): boolean {
  return bet.state === "settled" && fromWire(bet.payout, scaleOf(bet.currency)) > 0n;
}

export function gameName(slug: string): string {
  return config.game(slug)?.name ?? slug;
}

const HIGH_STAKE_CENTS = 2_500n;

/** The bets of a feed with a high stake, by value in the reference currency. */
export function bigOnes(bets: Bet[]): Bet[] {
  return bets.filter((bet) => {
    const scale = scaleOf(bet.currency);
    const rate = rates.quotes[bet.currency];
    return rate !== undefined && valueCents(fromWire(bet.stake, scale), scale, rate) >= HIGH_STAKE_CENTS;
  });
}
