import { words } from "../kit/words";

export const word = words(
  {
    rules:
      "Every pump makes the balloon, and what the round is worth, bigger. Some of its 25 places pop it: one at easy, three at medium, five at hard, ten at expert; which ones is fixed before the first pump. Cash out before it pops.",
    pump: "Pump",
    next: "Profit on the next pump",
    steps: "Pumps per round",
    ladder: "What the pumps pay",
    said: "{n} pumps",
    popped: "Popped at pump {n}",
    pops_at: "It would have popped at pump {n}",
  },
  {
    rules:
      "Jeder Pumpstoß macht den Ballon und den Wert der Runde größer. Einige seiner 25 Plätze lassen ihn platzen: einer bei leicht, drei bei mittel, fünf bei schwer, zehn bei Experte; welche, steht vor dem ersten Stoß fest. Zahlen Sie aus, bevor er platzt.",
    pump: "Pumpen",
    next: "Gewinn beim nächsten Stoß",
    steps: "Stöße je Runde",
    ladder: "Was die Stöße zahlen",
    said: "{n} Stöße",
    popped: "Geplatzt beim {n}. Stoß",
    pops_at: "Er wäre beim {n}. Stoß geplatzt",
  },
);
