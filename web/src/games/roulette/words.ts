import { words } from "../kit/words";

export const word = words(
  {
    rules:
      "A European wheel: 37 pockets, one zero. Put chips on numbers, on the lines between them or on the fields around; every chip is worth the amount you set. All chips of a round make one bet.\nA place that covers k numbers returns 36 / k times its chip: 36 on one number, 18 on two, 12 on three, 9 on four, 6 on six, 3 on a dozen or column, 2 on red, black, odd, even, low and high.",
    place_first: "Put chips on the table.",
    layout: "Betting layout",
    wheel: "Wheel",
    fell: "{pocket}: {colour}",
    green: "green",
    red: "Red",
    black: "Black",
    odd: "Odd",
    even: "Even",
    low: "1–18",
    high: "19–36",
    column: "2:1",
    straight: "Number {n}",
    split: "Split {n}",
    street: "Street from {n}",
    corner: "Corner {n}",
    line: "Line from {n}",
    trio: "Trio {n}",
    basket: "First four",
    column_n: "Column {n}",
    chips: "{place}: {n} chips",
    pays: "pays {n}",
    no_win: "No chip won",
  },
  {
    rules:
      "Ein europäisches Rad: 37 Fächer, eine Null. Setzen Sie Chips auf Zahlen, auf die Linien dazwischen oder auf die Felder ringsum; jeder Chip ist so viel wert, wie Sie einstellen. Alle Chips einer Runde sind eine Wette.\nEin Platz, der k Zahlen deckt, bringt das 36/k-fache seines Chips: 36 auf einer Zahl, 18 auf zwei, 12 auf drei, 9 auf vier, 6 auf sechs, 3 auf Dutzend oder Kolonne, 2 auf Rot, Schwarz, Ungerade, Gerade, 1–18 und 19–36.",
    place_first: "Legen Sie Chips auf den Tisch.",
    layout: "Tableau",
    wheel: "Rad",
    fell: "{pocket}: {colour}",
    green: "grün",
    red: "Rot",
    black: "Schwarz",
    odd: "Ungerade",
    even: "Gerade",
    low: "1–18",
    high: "19–36",
    column: "2:1",
    straight: "Zahl {n}",
    split: "Zwei Zahlen {n}",
    street: "Reihe ab {n}",
    corner: "Vier Zahlen {n}",
    line: "Sechs Zahlen ab {n}",
    trio: "Drei Zahlen {n}",
    basket: "Die ersten vier",
    column_n: "Kolonne {n}",
    chips: "{place}: {n} Chips",
    pays: "zahlt {n}",
    no_win: "Kein Chip gewann",
  },
);

/** A place of the layout in words. */
export function placeName(place: string): string {
  const [kind = "", rest = ""] = place.split(":");
  if (kind === "dozen") return `${12 * Number(rest) - 11}–${12 * Number(rest)}`;
  if (kind === "column") return word("column_n", { n: rest });
  return word(kind as "straight", { n: rest.replaceAll("-", ", ") });
}
