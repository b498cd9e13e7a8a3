import { words } from "../kit/words";

export const word = words(
  {
    rules:
      "Choose how many segments the wheel has and how much risk it carries, then spin. Every segment is equally likely; the one under the pointer pays its multiplier.\nHigher risk means more segments that pay nothing and a few that pay much.",
    segments: "Segments",
    wheel: "Wheel of {n} segments",
    stopped: "Stopped on {multiplier}×.",
    top: "Profit on {multiplier}×",
    chance: "{times} of {n}",
  },
  {
    rules:
      "Wählen Sie, wie viele Felder das Rad hat und wie viel Risiko es trägt, dann drehen Sie. Jedes Feld ist gleich wahrscheinlich; das unter dem Zeiger zahlt seinen Multiplikator.\nMehr Risiko heißt mehr Felder, die nichts zahlen, und wenige, die viel zahlen.",
    segments: "Felder",
    wheel: "Rad mit {n} Feldern",
    stopped: "Steht auf {multiplier}×.",
    top: "Gewinn bei {multiplier}×",
    chance: "{times} von {n}",
  },
);
