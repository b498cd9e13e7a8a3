import { words } from "../kit/words";

export const word = words(
  {
    rules:
      "Call the coin. Every call that is right nearly doubles what the round is worth: 1.96, 3.92, 7.84 and so on, up to twenty flips. Cash out after any of them; a wrong call takes the stake.\nAll twenty flips are fixed before your first call.",
    heads: "Heads",
    tails: "Tails",
    ladder: "What the next flips pay",
    next: "Profit on the next flip ({times})",
    call: "Call",
    calls: "Flips per round",
    said: "{side}: {what}",
    right: "right",
    wrong: "wrong",
    past: "Flips of this round",
  },
  {
    rules:
      "Sagen Sie die Seite an. Jede richtige Ansage verdoppelt fast, was die Runde wert ist: 1,96, 3,92, 7,84 und so weiter, bis zu zwanzig Würfe. Nach jedem können Sie auszahlen; eine falsche Ansage nimmt den Einsatz.\nAlle zwanzig Würfe stehen vor Ihrer ersten Ansage fest.",
    heads: "Kopf",
    tails: "Zahl",
    ladder: "Was die nächsten Würfe zahlen",
    next: "Gewinn beim nächsten Wurf ({times})",
    call: "Ansage",
    calls: "Würfe je Runde",
    said: "{side}: {what}",
    right: "richtig",
    wrong: "falsch",
    past: "Würfe dieser Runde",
  },
);
