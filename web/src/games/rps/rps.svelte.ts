import type { Bet } from "../../api/client";
import { motion } from "../kit/motion.svelte";
import { sound } from "../kit/sound.svelte";
import { CASH_OUT, outcomeOf, Steps } from "../kit/steps.svelte";
import { Table } from "../kit/table.svelte";
import { paysOf, type Rung } from "../boards/rungs";

export const SIGNS = ["rock", "paper", "scissors"] as const;
export type Sign = (typeof SIGNS)[number];
export type Throw = { you: Sign; house: Sign; result: "win" | "tie" | "lose" };

export const THROW_MS = 420;

/** The throws of a round in order. */
export function throwsOf(bet: Bet | null): Throw[] {
  const throws = outcomeOf(bet)["throws"];
  return Array.isArray(throws) ? (throws as Throw[]) : [];
}

export const winsOf = (bet: Bet | null): number => throwsOf(bet).filter(({ result }) => result === "win").length;

/** Throw by throw against the house. */
export class Rps {
  /** What an automatic round throws, and how many wins it waits for. */
  sign = $state<Sign>("rock");
  wins = $state(1);
  /** Hands are being shaken. */
  shaking = $state(false);
  private readonly table = new Table<{ rungs: Rung[] }>("rps");

  readonly play = new Steps({
    slug: "rps",
    params: () => ({}),
    show: async (bet, choice) => {
      if (!choice || choice.do === "cash_out") return;
      this.shaking = true;
      sound.play("tick");
      await motion.wait(THROW_MS);
      this.shaking = false;
      sound.play(throwsOf(bet).at(-1)?.result === "win" ? "reveal" : "card", 1 + winsOf(bet) / 10);
    },
    auto: (bet) => (winsOf(bet) < this.wins ? { do: this.sign } : CASH_OUT),
  });

  get pays(): bigint[] {
    return paysOf(this.table.data?.rungs);
  }

  async throw(sign: Sign): Promise<void> {
    await this.play.step({ do: sign });
  }
}
