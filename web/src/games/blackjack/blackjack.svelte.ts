import type { Bet, Choice } from "../../api/client";
import { count } from "../../verifier/games/blackjack";
import { fromWire } from "../../money/amounts";
import { scaleOf } from "../../state/amounts.svelte";
import { motion } from "../kit/motion.svelte";
import { sound } from "../kit/sound.svelte";
import { outcomeOf, Steps } from "../kit/steps.svelte";
import { bestPlay } from "./strategy";

export const ACTIONS = ["hit", "stand", "split", "double"] as const;
export const INSURANCE = ["insurance", "no_insurance"] as const;
export type Action = (typeof ACTIONS)[number] | (typeof INSURANCE)[number];

export type HandState = "waiting" | "playing" | "stood" | "bust" | "blackjack" | "won" | "push" | "lost";
export type Hand = { cards: readonly string[]; stake: string; state: HandState };
/** What lies on the table. A null among the dealer's cards lies face down. */
export type Layout = {
  hands: readonly Hand[];
  dealer: readonly (string | null)[];
  active: number | null;
  /** Stake of the insurance, as the server wrote it. */
  insurance: string | null;
  /** The round is over and every card is seen. */
  over: boolean;
};

const CARD_MS = 230;
const DEALER_MS = 430;

export function layoutOf(bet: Bet): Layout {
  const outcome = outcomeOf(bet);
  const dealer = (outcome["dealer"] ?? []) as string[];
  const over = bet.state !== "open";
  return {
    hands: (outcome["hands"] ?? []) as Hand[],
    dealer: dealer.length === 1 ? [dealer[0]!, null] : dealer,
    active: (outcome["active"] ?? null) as number | null,
    insurance: (outcome["insurance"] ?? null) as string | null,
    over,
  };
}

/** What cards count, for people: "17", "7, 17" while an ace may still be either; empty for none. */
export function totalText(cards: readonly (string | null)[], over = false): string {
  const seen = cards.filter((card) => card !== null);
  if (seen.length === 0) return "";
  const { total, soft } = count(seen);
  return soft && total < 21 && !over ? `${total - 10}, ${total}` : String(total);
}

export class Blackjack {
  /** What lies there while cards are still being dealt; otherwise the last answer does. */
  private dealing = $state.raw<Layout | null>(null);
  private before: Layout | null = null;
  readonly play: Steps = new Steps({
    slug: "blackjack",
    params: () => ({}),
    show: (bet, choice) => this.deal(bet, choice),
    auto: (bet) => this.next(bet),
  });

  get layout(): Layout | null {
    return this.dealing ?? (this.play.last ? layoutOf(this.play.last) : null);
  }

  get actions(): readonly string[] {
    return this.play.open && !this.play.busy ? ((outcomeOf(this.play.last)["actions"] ?? []) as string[]) : [];
  }

  /** The dealer shows an ace, and insurance is to be answered first. */
  get asking(): boolean {
    return this.play.open && ((outcomeOf(this.play.last)["actions"] ?? []) as string[]).includes("no_insurance");
  }

  act(action: Action): void {
    if (this.actions.includes(action)) void this.play.step({ do: action });
  }

  /** The best choice of an automatic round; nothing is added to the stake that the balance has not. */
  private next(bet: Bet): Choice {
    const { hands, dealer, active } = layoutOf(bet);
    const hand = hands[active ?? 0]!;
    if (active === null) return { do: "no_insurance" };
    const { stake } = this.play;
    const canAdd = stake.available >= fromWire(hand.stake, scaleOf(bet.currency));
    const open = ((outcomeOf(bet)["actions"] ?? []) as string[]).filter((action) => canAdd || (action !== "double" && action !== "split"));
    return { do: bestPlay(hand.cards, dealer[0]!, open) };
  }

  private async deal(bet: Bet, choice: Choice | null): Promise<void> {
    const after = layoutOf(bet);
    const before = this.before;
    this.before = after;
    if (motion.off) {
      if (choice === null || choice.do === "hit") sound.play("card");
      return;
    }
    try {
      if (choice === null && (outcomeOf(bet)["choices"] as unknown[] | undefined)?.length === 0) await this.open(after);
      else await this.go(after, before?.hands.flatMap((hand) => hand.cards).length ?? 0);
      if (after.over) await this.finish(after);
    } finally {
      this.dealing = null;
    }
  }

  /** Player, dealer, player, dealer. */
  private async open(after: Layout): Promise<void> {
    const [hand] = after.hands;
    if (!hand) return;
    for (const [mine, theirs] of [[0, 0], [1, 0], [1, 1], [2, 1], [2, 2]] as const) {
      const dealer = [after.dealer[0] ?? null, null].slice(0, theirs);
      this.dealing = { hands: [{ ...hand, state: "waiting", cards: hand.cards.slice(0, mine) }], dealer, active: null, insurance: null, over: false };
      if (mine > 0) {
        sound.play("card", 1 + 0.06 * (mine + theirs));
        await motion.wait(CARD_MS);
      }
    }
    await motion.wait(CARD_MS);
  }

  /** The player's cards after a choice; the dealer's stay as they are. */
  private async go(after: Layout, cardsBefore: number): Promise<void> {
    const hands = after.over ? after.hands.map((hand) => ({ ...hand, state: hand.state === "bust" ? hand.state : ("stood" as const) })) : after.hands;
    this.dealing = { ...after, hands, dealer: [after.dealer[0] ?? null, null], over: false };
    if (after.hands.flatMap((hand) => hand.cards).length > cardsBefore) {
      sound.play("card");
      await motion.wait(DEALER_MS);
    }
  }

  /** The dealer's covered card, and what the dealer draws. */
  private async finish(after: Layout): Promise<void> {
    const hands = this.dealing?.hands ?? after.hands;
    for (let seen = 2; seen <= after.dealer.length; seen += 1) {
      this.dealing = { ...after, hands, dealer: after.dealer.slice(0, seen), active: null, over: false };
      sound.play("card", 0.9);
      await motion.wait(DEALER_MS);
    }
  }
}
