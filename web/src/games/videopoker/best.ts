import { rankOf, suitOf } from "../cards/cards";
import type { HandName } from "./videopoker.svelte";

/** Which cards to hold: every way to hold five cards is compared over every draw that may follow, exactly. */
const RANKS = ["2", "3", "4", "5", "6", "7", "8", "9", "10", "J", "Q", "K", "A"];
const SUITS = ["d", "h", "s", "c"];
const JACKS = 0b1111000000000;
const ROYAL = 0b1111100000000;
const WHEEL = 0b1000000001111;
/** By ranks as bits: 1 where they follow each other. */
const STRAIGHTS = new Uint8Array(1 << RANKS.length);
for (const ranks of [WHEEL, ...Array.from({ length: 9 }, (_, low) => 0b11111 << low)]) STRAIGHTS[ranks] = 1;
const DECK = 52;

type Pays = Record<HandName, number>;
/** Ranks seen at least once, twice, three and four times, and the suits that all cards share, each as bits. */
type Seen = readonly [once: number, twice: number, thrice: number, four: number, suits: number];

const NOTHING: Seen = [0, 0, 0, 0, 0b1111];

function numberOf(card: string): number {
  return RANKS.indexOf(rankOf(card)) * SUITS.length + SUITS.indexOf(suitOf(card));
}

function seenWith([once, twice, thrice, four, suits]: Seen, card: number): Seen {
  const rank = 1 << (card >> 2);
  return [once | rank, twice | (once & rank), thrice | (twice & rank), four | (thrice & rank), suits & (1 << (card & 3))];
}

const isMany = (bits: number): boolean => (bits & (bits - 1)) !== 0;

/** What five cards pay. */
function paid(pays: Pays, once: number, twice: number, thrice: number, four: number, suits: number): number {
  if (four) return pays.four_of_a_kind;
  if (thrice) return isMany(twice) ? pays.full_house : pays.three_of_a_kind;
  if (twice) return isMany(twice) ? pays.two_pair : twice & JACKS ? pays.jacks_or_better : 0;
  const straight = STRAIGHTS[once] === 1;
  if (suits) return straight ? (once === ROYAL ? pays.royal_flush : pays.straight_flush) : pays.flush;
  return straight ? pays.straight : 0;
}

/** The sum of what is paid over all draws of so many cards, and how many there are. */
function drawn(pays: Pays, left: readonly number[], count: number, held: Seen): { sum: number; ways: number } {
  let sum = 0;
  let ways = 0;
  const go = (from: number, more: number, once: number, twice: number, thrice: number, four: number, suits: number): void => {
    if (more === 0) {
      sum += paid(pays, once, twice, thrice, four, suits);
      ways += 1;
      return;
    }
    for (let at = from; at <= left.length - more; at += 1) {
      const card = left[at]!;
      const rank = 1 << (card >> 2);
      go(at + 1, more - 1, once | rank, twice | (once & rank), thrice | (twice & rank), four | (thrice & rank), suits & (1 << (card & 3)));
    }
  };
  go(0, count, ...held);
  return { sum, ways };
}

/** The places to hold that bring most on average; of equal ones the first found, holding less. */
export function bestHold(cards: readonly string[], pays: Pays): number[] {
  const dealt = cards.map(numberOf);
  const left = Array.from({ length: DECK }, (_, card) => card).filter((card) => !dealt.includes(card));
  let best: number[] = [];
  let most = -1;
  for (let hold = 0; hold < 1 << dealt.length; hold += 1) {
    const places = dealt.map((_, place) => place).filter((place) => hold & (1 << place));
    const { sum, ways } = drawn(pays, left, dealt.length - places.length, places.reduce((seen, place) => seenWith(seen, dealt[place]!), NOTHING));
    if (sum / ways > most) {
      most = sum / ways;
      best = places;
    }
  }
  return best;
}
