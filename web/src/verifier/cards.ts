import type { Reader } from "./stream";

/** Card 0 to 51 of the field's order: ♦2 ♥2 ♠2 ♣2 ♦3 … ♣A, as "10h", "Ad". */
const RANKS = ["2", "3", "4", "5", "6", "7", "8", "9", "10", "J", "Q", "K", "A"] as const;
const SUITS = ["d", "h", "s", "c"] as const;

export const DECK: readonly string[] = RANKS.flatMap((rank) => SUITS.map((suit) => rank + suit));

/** The next card of an infinite deck. */
export function card(reader: Reader): string {
  return DECK[reader.pick(DECK.length, (choice) => DECK[choice]!)]!;
}

/** 0 for a two, up to 12 for an ace. */
export function rankOf(text: string): number {
  return RANKS.indexOf(text.slice(0, -1) as (typeof RANKS)[number]);
}

export function suitOf(text: string): string {
  return text.slice(-1);
}
