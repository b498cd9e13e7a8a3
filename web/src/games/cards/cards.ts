/** Playing cards as the server writes them: rank and suit, "10h", "Ad". */
export type Suit = "d" | "h" | "s" | "c";

export const suitOf = (card: string): Suit => card.slice(-1) as Suit;
export const rankOf = (card: string): string => card.slice(0, -1);
export const isRed = (card: string): boolean => suitOf(card) === "d" || suitOf(card) === "h";

/** Suits within a square of 24. */
export const SUIT_PATHS: Record<Suit, string> = {
  d: "M12 1.5 20.5 12 12 22.5 3.5 12z",
  h: "M12 21.6C6.6 17.4 2 13.2 2 8.4 2 5 4.5 2.6 7.5 2.6c1.9 0 3.5 1 4.5 2.7 1-1.7 2.6-2.7 4.5-2.7 3 0 5.5 2.4 5.5 5.8 0 4.8-4.6 9-10 13.2z",
  s: "M12 1.6c4.2 4.4 9.6 7.6 9.6 12.2 0 2.8-2 4.8-4.6 4.8-1.5 0-2.8-.6-3.7-1.7.2 2.2 1 3.9 2.5 5.5H8.2c1.5-1.6 2.3-3.3 2.5-5.5-.9 1.1-2.2 1.7-3.7 1.7-2.6 0-4.6-2-4.6-4.8C2.4 9.2 7.8 6 12 1.6z",
  c: "M12 1.6a4.9 4.9 0 0 1 4.2 7.4 4.9 4.9 0 1 1-2.9 8.6c.2 2 .9 3.5 2.3 4.8H8.4c1.4-1.3 2.1-2.8 2.3-4.8A4.9 4.9 0 1 1 7.8 9 4.9 4.9 0 0 1 12 1.6z",
};
