import { words } from "../kit/words";
import { rankOf, suitOf } from "./cards";

export const word = words(
  { d: "{rank} of diamonds", h: "{rank} of hearts", s: "{rank} of spades", c: "{rank} of clubs", A: "Ace", K: "King", Q: "Queen", J: "Jack", covered: "Covered card" },
  { d: "Karo {rank}", h: "Herz {rank}", s: "Pik {rank}", c: "Kreuz {rank}", A: "Ass", K: "König", Q: "Dame", J: "Bube", covered: "Verdeckte Karte" },
);

/** A card for people who hear the board; null lies face down. */
export function cardName(card: string | null): string {
  if (card === null) return word("covered");
  const rank = rankOf(card);
  return word(suitOf(card), { rank: rank in word.en ? word(rank as "A") : rank });
}
