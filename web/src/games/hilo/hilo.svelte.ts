import type { Bet, Choice } from "../../api/client";
import { motion } from "../kit/motion.svelte";
import { sound } from "../kit/sound.svelte";
import { outcomeOf, Steps } from "../kit/steps.svelte";
import { rankOf } from "../cards/cards";

export const SIDES = ["higher", "lower"] as const;
export type Side = (typeof SIDES)[number];
export const STRATEGIES = ["likelier", "higher", "lower"] as const;
export type Strategy = (typeof STRATEGIES)[number];
/** Chance in percent, multiplier of the whole round after a right guess; both as text. */
export type Offer = { chance: string; multiplier: string };
/** A card seen, and how the round came to it; "start" for the first. */
export type Seen = { card: string; by: Side | "skip" | "start"; wrong: boolean };

const CARD_MS = 380;
/** A round shows so many cards at most; the last one only by a guess. */
const CARDS_MOST = 52;

export function seenOf(bet: Bet | null): Seen[] {
  const outcome = outcomeOf(bet);
  const cards = (outcome["cards"] ?? []) as string[];
  const moves = ((outcome["choices"] ?? []) as Choice[]).map((choice) => choice.do).filter((word) => word !== "cash_out");
  const wrong = outcome["ended"] === "wrong";
  return cards.map((card, at) => ({ card, by: at === 0 ? "start" : ((moves[at - 1] ?? "skip") as Side), wrong: wrong && at === cards.length - 1 }));
}

export function offerOf(bet: Bet | null, side: Side): Offer | null {
  return (outcomeOf(bet)[side] ?? null) as Offer | null;
}

/** On an ace nothing is lower and the same again would be sure, so a guess is strict there; so it is on a king. */
export function isStrict(side: Side, card: string | undefined): boolean {
  const rank = card ? rankOf(card) : "";
  return (side === "higher" && rank === "A") || (side === "lower" && rank === "K");
}

export class Hilo {
  /** How an automatic round guesses, and after how many right guesses it takes the money. */
  strategy = $state<Strategy>("likelier");
  guesses = $state(2);
  readonly play: Steps = new Steps({
    slug: "hilo",
    params: () => ({}),
    show: (bet) => this.turn(bet),
    auto: (bet) => this.next(bet),
  });

  get seen(): readonly Seen[] {
    return seenOf(this.play.last);
  }

  get canSkip(): boolean {
    return this.play.open && !this.play.busy && this.seen.length < CARDS_MOST - 1;
  }

  canGuess(side: Side): boolean {
    return this.play.open && !this.play.busy && offerOf(this.play.last, side) !== null;
  }

  guess(side: Side): void {
    if (this.canGuess(side)) void this.play.step({ do: side });
  }

  skip(): void {
    if (this.canSkip) void this.play.step({ do: "skip" });
  }

  private next(bet: Bet): Choice | null {
    const right = seenOf(bet).filter(({ by }) => by === "higher" || by === "lower").length;
    if (right >= this.guesses) return null;
    const higher = offerOf(bet, "higher");
    const lower = offerOf(bet, "lower");
    const likelier: Side = Number(higher?.chance ?? 0) >= Number(lower?.chance ?? 0) ? "higher" : "lower";
    const side = this.strategy === "likelier" ? likelier : this.strategy;
    if (side === "higher" ? higher : lower) return { do: side };
    return right > 0 ? null : { do: "skip" };
  }

  private async turn(bet: Bet): Promise<void> {
    if (outcomeOf(bet)["ended"] !== "cash_out") {
      sound.play("card", 1 + this.seen.length / 30);
      await motion.wait(CARD_MS);
    }
  }
}
