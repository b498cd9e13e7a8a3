import { count } from "../../verifier/games/blackjack";
import { rankOf } from "../cards/cards";

/**
 * The best way to play, one sign per open card of the dealer (2 to 10, ace): hit, stand, double, or split ("p"). These are the
 * decisions that `fairhouse/games/blackjack/maths.py` finds exactly for cards from an endless deck.
 */
const UPS = ["2", "3", "4", "5", "6", "7", "8", "9", "10", "A"];
const HARD: Record<number, string> = { 12: "hhssshhhhh", 13: "ssssshhhhh", 14: "ssssshhhhh", 15: "ssssshhhhh", 16: "ssssshhhhh" };
const DOUBLED: Record<number, string> = { 9: "hddddhhhhh", 10: "ddddddddhh", 11: "dddddddddh" };
const SOFT_DOUBLED: Record<number, string> = { 13: "hhhhdhhhhh", 14: "hhhddhhhhh", 15: "hhhddhhhhh", 16: "hhdddhhhhh", 17: "hddddhhhhh", 18: "sddddsshhh" };
const PAIRS: Record<string, string> = { "2": "pppppphhhh", "3": "pppppphhhh", "4": "hhhpphhhhh", "6": "ppppphhhhh", "7": "pppppphhhh", "8": "pppppppppp", "9": "pppppsppss", A: "pppppppppp" };
const SOFT_18 = "ssssssshhh";

export type Play = "hit" | "stand" | "double" | "split";
const PLAYS: Record<string, Play> = { h: "hit", s: "stand", d: "double", p: "split" };

/** Without doubling or splitting. */
function plain(total: number, soft: boolean, up: number): Play {
  if (soft) return total >= 19 || (total === 18 && SOFT_18[up] === "s") ? "stand" : "hit";
  return total >= 17 || HARD[total]?.[up] === "s" ? "stand" : "hit";
}

/** What to do with a hand against the dealer's open card, out of what is open. */
export function bestPlay(cards: readonly string[], dealer: string, open: readonly string[]): Play {
  const rank = rankOf(dealer);
  const up = UPS.indexOf(["J", "Q", "K"].includes(rank) ? "10" : rank);
  const { total, soft } = count(cards);
  const pair = open.includes("split") ? PAIRS[rankOf(cards[0]!)]?.[up] : undefined;
  if (pair) return PLAYS[pair]!;
  if (open.includes("double") && (soft ? SOFT_DOUBLED : DOUBLED)[total]?.[up] === "d") return "double";
  return plain(total, soft, up);
}
