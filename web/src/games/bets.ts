import type { Bet } from "../api/client";
import { fromWire, parseUnits, valueCents } from "../money/amounts";
import { rates, scaleOf, times } from "../state/amounts.svelte";
import { config } from "../state/config.svelte";
import { t } from "../state/i18n.svelte";

const MULTIPLIER_SCALE = 4;

/** What a settled bet brought its player; negative when it lost. */
export function profitOf(bet: Bet): bigint {
  if (bet.state !== "settled") return 0n;
  const scale = scaleOf(bet.currency);
  return fromWire(bet.payout, scale) - fromWire(bet.stake, scale);
}

export function isWin(bet: Bet): boolean {
  return bet.state === "settled" && fromWire(bet.payout, scaleOf(bet.currency)) > 0n;
}

/** "1.98×", or what stands in its place for an open or returned bet. */
export function multiplierText(bet: Bet): string {
  if (bet.state === "open") return t("feed.open");
  if (bet.state === "void") return t("feed.void");
  return times(parseUnits(bet.multiplier, MULTIPLIER_SCALE) ?? 0n);
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
