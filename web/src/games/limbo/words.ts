import { words } from "../kit/words";

export const word = words(
  {
    rules:
      "Name a multiplier. The server draws a result; half of all results stay below 2×, one in a hundred reaches 99×, and the highest is above 16 million.\nWhen the result reaches your target you are paid exactly your target, else the stake is lost.",
    target: "Target multiplier",
    chance: "Win chance",
    reached: "Reached {result}: you win.",
    missed: "Only {result}: you lose.",
    aimed: "Target {target}×",
    key_less: "Halve the target",
    key_more: "Double the target",
  },
  {
    rules:
      "Nennen Sie einen Multiplikator. Der Server zieht ein Ergebnis; die Hälfte bleibt unter 2×, eines von hundert erreicht 99×, und das höchste liegt über 16 Millionen.\nErreicht das Ergebnis Ihr Ziel, erhalten Sie genau Ihr Ziel, sonst ist der Einsatz verloren.",
    target: "Ziel-Multiplikator",
    chance: "Gewinnchance",
    reached: "{result} erreicht: gewonnen.",
    missed: "Nur {result}: verloren.",
    aimed: "Ziel {target}×",
    key_less: "Ziel halbieren",
    key_more: "Ziel verdoppeln",
  },
);
