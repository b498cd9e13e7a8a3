import { words } from "../kit/words";

export const word = words(
  {
    rules:
      "Five gems are drawn; each is one of seven colours with the same chance. What pays is how many are alike, wherever they lie.\nFive alike pay most. A single pair gives back a tenth of the stake, so it is shown as what it is: a loss.",
    gems: "Drawn gems",
    five: "Five alike",
    four: "Four alike",
    full_house: "Three and two",
    three: "Three alike",
    two_pair: "Two pairs",
    pair: "One pair",
    nothing: "All different",
    came: "{pattern}: {multiplier}×.",
  },
  {
    rules:
      "Fünf Juwelen werden gezogen; jedes hat mit gleicher Chance eine von sieben Farben. Es zählt, wie viele gleich sind, wo auch immer sie liegen.\nFünf gleiche zahlen am meisten. Ein einzelnes Paar gibt ein Zehntel des Einsatzes zurück und wird als das gezeigt, was es ist: ein Verlust.",
    gems: "Gezogene Juwelen",
    five: "Fünf gleiche",
    four: "Vier gleiche",
    full_house: "Drei und zwei",
    three: "Drei gleiche",
    two_pair: "Zwei Paare",
    pair: "Ein Paar",
    nothing: "Alle verschieden",
    came: "{pattern}: {multiplier}×.",
  },
);
