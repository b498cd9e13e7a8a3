import type { Bet } from "../../api/client";
import { motion } from "../kit/motion.svelte";
import { sound } from "../kit/sound.svelte";
import { outcomeOf, Steps } from "../kit/steps.svelte";
import { Table } from "../kit/table.svelte";
import { paysOf, type Rung } from "../boards/rungs";

export type Side = "heads" | "tails";

export const TURN_MS = 620;

/** The flips of a round in order. */
export function flipsOf(bet: Bet | null): Side[] {
  const flips = outcomeOf(bet)["flips"];
  return typeof flips === "string" ? [...flips].map((letter) => (letter === "H" ? "heads" : "tails")) : [];
}

/** A coin called again and again. */
export class Flip {
  /** What an automatic round calls, and how often before it takes the money. */
  call = $state<Side>("heads");
  calls = $state(1);
  /** The side that lies up, and how often the coin has turned to get there. */
  face = $state<Side>("heads");
  turns = $state(0);
  private readonly table = new Table<{ rungs: Rung[] }>("flip");

  readonly play = new Steps({
    slug: "flip",
    params: () => ({}),
    restore: (bet) => this.lay(flipsOf(bet).at(-1) ?? "heads"),
    show: async (bet, choice) => {
      const flipped = flipsOf(bet).at(-1);
      if (!flipped || !choice || choice.do === "cash_out") return;
      sound.play("chip");
      this.lay(flipped);
      await motion.wait(TURN_MS);
      if (bet.state === "open") sound.play("reveal", 1 + flipsOf(bet).length / 10);
    },
    auto: (bet) => (flipsOf(bet).length < this.calls ? { do: this.call } : null),
  });

  get pays(): bigint[] {
    return paysOf(this.table.data?.rungs);
  }

  /** Flips called right in the round on the board. */
  get won(): number {
    const { last } = this.play;
    return flipsOf(last).length - (outcomeOf(last)["ended"] === "wrong" ? 1 : 0);
  }

  async flip(side: Side): Promise<void> {
    await this.play.step({ do: side });
  }

  private lay(side: Side): void {
    // Whole turns, and half a one more when the other side comes up.
    this.turns += side === this.face ? 3 : 3.5;
    this.face = side;
  }
}
