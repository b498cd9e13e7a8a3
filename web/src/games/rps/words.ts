import { words } from "../kit/words";

export const word = words(
  {
    rules:
      "Rock beats scissors, scissors beat paper, paper beats rock. Every win nearly doubles what the round is worth: 1.96, 3.92, 7.84 and so on; a tie changes nothing. Up to twenty throws; cash out after any win. A throw that is beaten takes the stake.\nAll throws of the house are fixed before your first.",
    rock: "Rock",
    paper: "Paper",
    scissors: "Scissors",
    you: "You",
    house: "House",
    ladder: "What the next wins pay",
    next: "Profit on the next win ({times})",
    sign: "Throw",
    wins: "Wins per round",
    win: "You win",
    tie: "Tie",
    lose: "The house wins",
    past: "Throws of this round",
    said: "{you} against {house}: {result}",
  },
  {
    rules:
      "Stein schlägt Schere, Schere schlägt Papier, Papier schlägt Stein. Jeder Sieg verdoppelt fast, was die Runde wert ist: 1,96, 3,92, 7,84 und so weiter; unentschieden ändert nichts. Bis zu zwanzig Würfe; nach jedem Sieg können Sie auszahlen. Ein geschlagener Wurf nimmt den Einsatz.\nAlle Würfe des Hauses stehen vor Ihrem ersten fest.",
    rock: "Stein",
    paper: "Papier",
    scissors: "Schere",
    you: "Sie",
    house: "Haus",
    ladder: "Was die nächsten Siege zahlen",
    next: "Gewinn beim nächsten Sieg ({times})",
    sign: "Wurf",
    wins: "Siege je Runde",
    win: "Sie gewinnen",
    tie: "Unentschieden",
    lose: "Das Haus gewinnt",
    past: "Würfe dieser Runde",
    said: "{you} gegen {house}: {result}",
  },
);
