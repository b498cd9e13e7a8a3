import { words } from "../kit/words";

export const word = words(
  {
    rules:
      "Behind 25 tiles lie as many mines as you choose; their places are fixed before your first tile. Every gem raises the multiplier. Cash out whenever you like; a mine ends the round and takes the stake.\nAn open round waits for you, on any device.",
    count: "Mines",
    gems: "{n} gems",
    grid: "Tiles",
    tile: "Row {row}, column {column}: {state}",
    hidden: "covered",
    gem: "gem",
    mine: "mine",
    picked: "picked",
    first: "Profit on first gem ({times})",
    next: "Profit on next gem ({times})",
    random: "Random tile",
    pick_hint: "Pick the tiles that every round opens: {n} picked.",
    key_move: "Move over the tiles",
  },
  {
    rules:
      "Hinter 25 Feldern liegen so viele Minen, wie Sie wählen; ihre Plätze stehen vor dem ersten Feld fest. Jedes Juwel erhöht den Multiplikator. Sie können jederzeit auszahlen; eine Mine beendet die Runde und nimmt den Einsatz.\nEine offene Runde wartet auf Sie, auf jedem Gerät.",
    count: "Minen",
    gems: "{n} Juwelen",
    grid: "Felder",
    tile: "Reihe {row}, Spalte {column}: {state}",
    hidden: "verdeckt",
    gem: "Juwel",
    mine: "Mine",
    picked: "gewählt",
    first: "Gewinn beim ersten Juwel ({times})",
    next: "Gewinn beim nächsten Juwel ({times})",
    random: "Zufälliges Feld",
    pick_hint: "Wählen Sie die Felder, die jede Runde öffnet: {n} gewählt.",
    key_move: "Über die Felder gehen",
  },
);
