import { DECK, rankOf, suitOf } from "../cards";
import { listOf, Refused, type Game } from "../contract";
import { doOf } from "../ladder";
import { exact, payoutOf, shown } from "../ratio";
import type { Reader } from "../stream";
import { at } from "../tables";

const HAND = 5;

function deal(reader: Reader): { initial: string[]; coming: string[] } {
  const cards = reader.shuffled(DECK, 2 * HAND, (card) => card);
  return { initial: cards.slice(0, HAND), coming: cards.slice(HAND) };
}

const JACK = 9;
const WHEEL = "0,1,2,3,12";

/** The best name of five cards under jacks or better; "none" pays nothing. */
export function handOf(cards: readonly string[]): string {
  const ranks = cards.map(rankOf).sort((a, b) => a - b);
  const counts = [...new Set(ranks)].map((rank) => ({ rank, count: ranks.filter((other) => other === rank).length }));
  const pattern = counts.map(({ count }) => count).sort((a, b) => b - a).join("");
  const isFlush = new Set(cards.map(suitOf)).size === 1;
  const isStraight = pattern === "11111" && (ranks[4]! - ranks[0]! === 4 || ranks.join(",") === WHEEL);
  if (isFlush && isStraight) return ranks[0] === 8 ? "royal_flush" : "straight_flush";
  if (pattern === "41") return "four_of_a_kind";
  if (pattern === "32") return "full_house";
  if (isFlush) return "flush";
  if (isStraight) return "straight";
  if (pattern === "311") return "three_of_a_kind";
  if (pattern === "221") return "two_pair";
  const pair = counts.find(({ count }) => count === 2);
  return pair !== undefined && pair.rank >= JACK ? "jacks_or_better" : "none";
}

export const videopoker: Game = {
  slug: "videopoker",
  steps: true,
  play(reader, _params, stake, choices, table) {
    const { initial, coming } = deal(reader);
    const multiplier = (hand: string): string => (hand === "none" ? "0" : at(table, "multipliers", hand));
    const [choice, ...more] = choices;
    if (choice === undefined) {
      const hand = handOf(initial);
      const pays = exact(multiplier(hand));
      return { ended: false, staked: stake.units, worth: payoutOf(stake.units, pays), shown: { cards: initial, hand, multiplier: shown(pays) } };
    }
    if (more.length > 0) throw new Refused("do", "the round is over");
    doOf(choice, ["draw"]);
    const held = listOf(choice["hold"], "hold") as readonly number[];
    const valid = held.every((place) => Number.isInteger(place) && place >= 0 && place < HAND) && new Set(held).size === held.length;
    if (!valid) throw new Refused("hold", "hold must be different places from 0 to 4");
    let drawn = 0;
    const cards = initial.map((card, place) => (held.includes(place) ? card : coming[drawn++]!));
    const hand = handOf(cards);
    const pays = exact(multiplier(hand));
    const fields = { cards, hand, multiplier: shown(pays), initial, held: [...held].sort((a, b) => a - b), ended: "complete" };
    return { ended: true, staked: stake.units, payout: payoutOf(stake.units, pays), shown: fields };
  },
  facts: deal,
};
