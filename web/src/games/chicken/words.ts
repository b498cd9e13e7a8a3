import { words } from "../kit/words";

export const word = words(
  {
    rules:
      "The chicken crosses a road of twenty lanes, one at a time; every lane pays more than the last. On some of them comes a car: on one at easy, three at medium, five at hard, ten at expert; which ones is fixed before the first step. Cash out before it meets one.",
    cross: "Cross",
    next: "Profit on the next lane",
    steps: "Lanes per round",
    ladder: "What the lanes pay",
    said: "{n} lanes crossed",
    hit: "A car on lane {n}",
    dies_at: "A car would have come on lane {n}",
  },
  {
    rules:
      "Das Huhn überquert eine Straße mit zwanzig Spuren, eine nach der anderen; jede zahlt mehr als die vorige. Auf einigen kommt ein Auto: auf einer bei leicht, drei bei mittel, fünf bei schwer, zehn bei Experte; auf welchen, steht vor dem ersten Schritt fest. Zahlen Sie aus, bevor es eines trifft.",
    cross: "Weiter",
    next: "Gewinn bei der nächsten Spur",
    steps: "Spuren je Runde",
    ladder: "Was die Spuren zahlen",
    said: "{n} Spuren überquert",
    hit: "Ein Auto auf Spur {n}",
    dies_at: "Auf Spur {n} wäre ein Auto gekommen",
  },
);
