import { words } from "../kit/words";

export const word = words(
  {
    rules:
      "Two dice move you around the ring. Every place multiplies what the round is worth; a snake takes the stake. Up to five rolls, each from the start; cash out after any of them. The harder, the more snakes.\nAll rolls are fixed before your first.",
    roll: "Roll",
    rolls: "Rolls per round",
    ring: "Places of the next roll",
    start: "Start",
    snake: "snake",
    place: "{place}: {what}",
    rolled: "Rolled {a} and {b}",
    past: "Rolls of this round",
  },
  {
    rules:
      "Zwei Würfel führen Sie um den Ring. Jeder Platz vervielfacht, was die Runde wert ist; eine Schlange nimmt den Einsatz. Bis zu fünf Würfe, jeder vom Start aus; nach jedem können Sie auszahlen. Je schwerer, desto mehr Schlangen.\nAlle Würfe stehen vor Ihrem ersten fest.",
    roll: "Würfeln",
    rolls: "Würfe je Runde",
    ring: "Plätze des nächsten Wurfs",
    start: "Start",
    snake: "Schlange",
    place: "{place}: {what}",
    rolled: "Gewürfelt: {a} und {b}",
    past: "Würfe dieser Runde",
  },
);
