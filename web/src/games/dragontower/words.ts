import { words } from "../kit/words";

export const word = words(
  {
    rules:
      "Climb nine rows, one tile in each. Behind some tiles lies an egg, behind the others a dragon: three eggs of four at easy, two of three at medium, one of two at hard, one of three at expert, one of four at master. Every row pays more; cash out before you wake a dragon.\nAll eggs are laid before your first tile.",
    random: "Random tile",
    next: "Profit on the next row",
    steps: "Rows per round",
    ladder: "What the rows pay",
    said: "{n} rows climbed",
    dragon: "A dragon in row {n}",
    tile: "Row {row}, tile {tile}",
    tower: "The tower",
  },
  {
    rules:
      "Neun Reihen hinauf, ein Feld in jeder. Hinter manchen Feldern liegt ein Ei, hinter den anderen ein Drache: drei Eier von vier bei leicht, zwei von drei bei mittel, eines von zwei bei schwer, eines von drei bei Experte, eines von vier bei Meister. Jede Reihe zahlt mehr; zahlen Sie aus, bevor Sie einen Drachen wecken.\nAlle Eier sind vor Ihrem ersten Feld gelegt.",
    random: "Zufälliges Feld",
    next: "Gewinn bei der nächsten Reihe",
    steps: "Reihen je Runde",
    ladder: "Was die Reihen zahlen",
    said: "{n} Reihen geschafft",
    dragon: "Ein Drache in Reihe {n}",
    tile: "Reihe {row}, Feld {tile}",
    tower: "Der Turm",
  },
);
