import type { Bet, Game } from "../../api/client";
import { fromWire, parseUnits, valueCents } from "../../money/amounts";
import { percentText, rates, scaleOf, times } from "../../state/amounts.svelte";
import { config } from "../../state/config.svelte";
import { t } from "../../state/i18n.svelte";

const MULTIPLIER_SCALE = 4;
/** Fractions of one as the server gives them, more digits than anybody needs. */
const EDGE_SCALE = 12;

/** What a settled bet brought its player; negative when it lost. */
export function profitOf(bet: Bet): bigint {
  if (bet.state !== "settled") return 0n;
  const scale = scaleOf(bet.currency);
  return fromWire(bet.payout, scale) - fromWire(bet.stake, scale);
}

/** More came back than was staked. Less, or the same, is never celebrated. */
export function isWin(bet: Bet): boolean {
  return profitOf(bet) > 0n;
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

/** Return to player and house edge in percent for a person; the two always add up to 100. */
export function edgeOf(game: Game): { rtp: string; edge: string } {
  const rtp = parseUnits(game.rtp, EDGE_SCALE) ?? 0n;
  const hundredths = rtp / 10n ** BigInt(EDGE_SCALE - 4);
  return { rtp: percentText(hundredths), edge: percentText(10_000n - hundredths) };
}

/** Where parameters change what a game returns, by so many hundredths of a percent, both ends are told. */
const WORTH_TELLING = 50n;

/** What a game returns, in percent: "98.98", or "93.17–99.00" from its worst to its best setting. */
export function returnsOf(game: Game): string {
  const [least, most] = [game.rtp, game.rtp_most].map((text) => (parseUnits(text, EDGE_SCALE) ?? 0n) / 10n ** BigInt(EDGE_SCALE - 4)) as [bigint, bigint];
  return most - least < WORTH_TELLING ? percentText(least) : `${percentText(least)}–${percentText(most)}`;
}

const HIGH_STAKE_CENTS = 2_500n;

const LUCKY_MULTIPLIER = 100_000n;

/** The bets of a feed that came back tenfold or more. */
export function luckyOnes(bets: Bet[]): Bet[] {
  return bets.filter((bet) => bet.state === "settled" && (parseUnits(bet.multiplier, MULTIPLIER_SCALE) ?? 0n) >= LUCKY_MULTIPLIER);
}

/** The bets of a feed with a high stake, by value in the reference currency. */
export function bigOnes(bets: Bet[]): Bet[] {
  return bets.filter((bet) => {
    const scale = scaleOf(bet.currency);
    const rate = rates.quotes[bet.currency];
    return rate !== undefined && valueCents(fromWire(bet.stake, scale), scale, rate) >= HIGH_STAKE_CENTS;
  });
}
