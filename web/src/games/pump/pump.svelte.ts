import type { Bet } from "../../api/client";
import { countIn, isLost, Ladder } from "../boards/ladder.svelte";
import { motion } from "../kit/motion.svelte";
import { sound } from "../kit/sound.svelte";

export const pumpsOf = (bet: Bet): number => countIn(bet, "pumps");

/** A balloon, and a pump. */
export function newPump(): Ladder {
  return new Ladder({
    slug: "pump",
    difficulties: ["easy", "medium", "hard", "expert"],
    wonOf: pumpsOf,
    next: () => ({ do: "pump" }),
    show: async (bet, choice) => {
      if (choice?.do !== "pump") return;
      sound.play(isLost(bet) ? "boom" : "reveal", 1 + pumpsOf(bet) / 12);
      await motion.wait(isLost(bet) ? 320 : 160);
    },
  });
}
