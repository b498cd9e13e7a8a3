import type { Bet } from "../../api/client";
import { parseUnits } from "../../money/amounts";
import { difficultyOf, type Difficulty } from "../boards/ladder.svelte";
import { motion } from "../kit/motion.svelte";
import { sound } from "../kit/sound.svelte";
import { CASH_OUT, outcomeOf, Steps } from "../kit/steps.svelte";
import { Table } from "../kit/table.svelte";

export const ROLLS = 5;
export const DIFFICULTIES = ["easy", "medium", "hard", "expert", "master"] as const;
/** Sums of two dice: the places after the start. */
export const PLACES = Array.from({ length: 11 }, (_, index) => index + 2);

const ROLL_MS = 460;

type Published = Record<"first_roll_hundredths_of_2_to_12" | "later_rolls_hundredths_of_2_to_12", Record<Difficulty, number[]>>;

/** The rolls of a round in order. */
export function rollsOf(bet: Bet | null): [number, number][] {
  const rolls = outcomeOf(bet)["rolls"];
  return Array.isArray(rolls) ? (rolls as [number, number][]) : [];
}

/** A ring of twelve places, two dice, and snakes. */
export class Snakes {
  difficulty = $state<Difficulty>("easy");
  /** Rolls of an automatic round. */
  rolls = $state(1);
  /** Dice are in the air; meanwhile they show anything. */
  rolling = $state(false);
  private readonly table = new Table<Published>("snakes");

  readonly play = new Steps({
    slug: "snakes",
    params: () => ({ difficulty: this.difficulty }),
    restore: (bet) => (this.difficulty = difficultyOf(bet) ?? this.difficulty),
    show: async (bet, choice) => {
      if (choice?.do !== "roll") return;
      this.rolling = true;
      sound.play("chip");
      await motion.wait(ROLL_MS);
      this.rolling = false;
      sound.play(bet.state === "settled" && outcomeOf(bet)["ended"] === "snake" ? "boom" : "reveal", 1 + rollsOf(bet).length / 8);
    },
    auto: (bet) => (rollsOf(bet).length < this.rolls ? { do: "roll" } : CASH_OUT),
  });

  /** What each place would make the round worth, in ten-thousandths; 0 is a snake. */
  get worths(): bigint[] {
    const following = this.play.open ? outcomeOf(this.play.last)["next_multipliers"] : null;
    if (Array.isArray(following)) return following.map((text) => parseUnits(String(text), 4) ?? 0n);
    const first = this.table.data?.first_roll_hundredths_of_2_to_12[this.difficulty] ?? [];
    return first.map((hundredths) => BigInt(hundredths) * 100n);
  }

  async roll(): Promise<void> {
    await this.play.step({ do: "roll" });
  }
}
