import type { Bet } from "../../api/client";
import { countIn, isLost, Ladder } from "../boards/ladder.svelte";
import { motion } from "../kit/motion.svelte";
import { sound } from "../kit/sound.svelte";

export const HOP_MS = 260;

export const lanesOf = (bet: Bet): number => countIn(bet, "lanes");

/** A chicken and a road. */
export function newChicken(): Ladder {
  return new Ladder({
    slug: "chicken",
    difficulties: ["easy", "medium", "hard", "expert"],
    wonOf: lanesOf,
    next: () => ({ do: "cross" }),
    show: async (bet, choice) => {
      if (choice?.do !== "cross") return;
      sound.play(isLost(bet) ? "boom" : "reveal", 1 + lanesOf(bet) / 12);
      await motion.wait(HOP_MS);
    },
  });
}
