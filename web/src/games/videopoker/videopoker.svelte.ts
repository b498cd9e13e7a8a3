import type { Bet, Choice } from "../../api/client";
import { motion } from "../kit/motion.svelte";
import { sound } from "../kit/sound.svelte";
import { outcomeOf, Steps } from "../kit/steps.svelte";
import { Table } from "../kit/table.svelte";
import { bestHold } from "./best";

export const PLACES = [0, 1, 2, 3, 4] as const;
/** From the best to the least that pays. */
export const HANDS = ["royal_flush", "straight_flush", "four_of_a_kind", "full_house", "flush", "straight", "three_of_a_kind", "two_pair", "jacks_or_better"] as const;
export type HandName = (typeof HANDS)[number];

/** Between one card and the next, and of a card's own turning. */
export const STAGGER_MS = 110;
const TURN_MS = 460;

export const cardsOf = (bet: Bet | null): string[] => (outcomeOf(bet)["cards"] ?? []) as string[];
export const heldOf = (bet: Bet | null): number[] => (outcomeOf(bet)["held"] ?? []) as number[];

/** The name of a hand that pays; null when it pays nothing. */
export function handOf(bet: Bet | null): HandName | null {
  const name = outcomeOf(bet)["hand"];
  return HANDS.find((hand) => hand === name) ?? null;
}

export class VideoPoker {
  /** Places that are kept at the draw. */
  held = $state.raw<ReadonlySet<number>>(new Set());
  /** Cards are still turning: what they make is not told yet. */
  turning = $state(false);
  private table = new Table<{ multipliers: Record<string, string> }>("videopoker");
  readonly play: Steps = new Steps({
    slug: "videopoker",
    params: () => ({}),
    restore: () => (this.held = new Set()),
    show: (bet, choice) => this.turn(bet, choice),
    auto: (bet) => this.next(bet),
    unready: () => this.table.data === null,
  });

  pays(hand: HandName): string {
    return this.table.data?.multipliers[hand] ?? "";
  }

  get canHold(): boolean {
    return this.play.open && !this.play.busy;
  }

  /** The hand that lies there now, once it is seen. */
  get hand(): HandName | null {
    return this.turning ? null : handOf(this.play.last);
  }

  /** Whether a card is marked as kept. */
  isHeld(place: number): boolean {
    return this.play.open ? this.held.has(place) : heldOf(this.play.last).includes(place);
  }

  toggle(place: number): void {
    if (!this.canHold) return;
    const next = new Set(this.held);
    if (!next.delete(place)) next.add(place);
    this.held = next;
    sound.play("click");
  }

  draw(): void {
    if (this.canHold) void this.play.step({ do: "draw", hold: [...this.held].sort((a, b) => a - b) });
  }

  /** The best draw of an automatic round. */
  private next(bet: Bet): Choice {
    const pays = Object.fromEntries(HANDS.map((hand) => [hand, Number(this.pays(hand))])) as Record<HandName, number>;
    const hold = bestHold(cardsOf(bet), pays);
    this.held = new Set(hold);
    return { do: "draw", hold };
  }

  private async turn(bet: Bet, choice: Choice | null): Promise<void> {
    if (choice === null && bet.state === "open") this.held = new Set();
    const fresh = bet.state === "open" ? PLACES.length : PLACES.length - heldOf(bet).length;
    if (motion.off || fresh === 0) return;
    this.turning = true;
    try {
      for (let card = 0; card < fresh; card += 1) {
        sound.play("card", 1 + card / 20);
        await motion.wait(STAGGER_MS);
      }
      await motion.wait(TURN_MS);
    } finally {
      this.turning = false;
    }
  }
}
