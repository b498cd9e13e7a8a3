import { card, rankOf } from "../cards";
import { Refused, type Game, type Stake } from "../contract";
import type { Fields } from "../json";
import { CASH_OUT, doOf, ended, isTooMuch } from "../ladder";
import { NOTHING, payoutOf, ratio, shown, times, type Ratio } from "../ratio";
import type { Reader } from "../stream";
import { at } from "../tables";

const RANKS = 13;
const CARDS_MOST = 52;
const SIDES = ["higher", "lower"] as const;
type Side = (typeof SIDES)[number];

/** Ace 0 the lowest, king 12. */
function rank(text: string): number {
  return (rankOf(text) + 1) % RANKS;
}

/** Whether a guess is right: the same rank wins, except where that would make it certain. */
function isRight(side: Side, from: number, to: number): boolean {
  if (side === "higher") return from === 0 ? to > from : to >= from;
  return from === RANKS - 1 ? to < from : to <= from;
}

/** How many of the 13 ranks win. */
export function waysOf(side: Side, from: number): number {
  return [...Array(RANKS).keys()].filter((to) => isRight(side, from, to)).length;
}

/** A round between two choices. */
class Round {
  readonly cards: string[];
  skips = 0;
  guesses = 0;
  pays: Ratio;
  why: string | null = null;

  constructor(
    private readonly reader: Reader,
    private readonly stake: Stake,
    returned: Ratio,
    private readonly highest: Ratio,
  ) {
    this.cards = [card(reader)];
    this.pays = returned;
  }

  get from(): number {
    return rank(this.cards.at(-1)!);
  }

  after(side: Side): Ratio {
    return times(this.pays, ratio(RANKS, waysOf(side, this.from)));
  }

  fits(side: Side): boolean {
    return this.isWithin(this.after(side));
  }

  /** Neither above the game's highest multiplier, nor more than the house can pay. */
  private isWithin(pays: Ratio): boolean {
    return pays.n * this.highest.d <= this.highest.n * pays.d && !isTooMuch(pays, this.stake);
  }

  /** Whether nothing is left to choose: not even the surest guess fits, or none on the last card. */
  private get isComplete(): boolean {
    const isStuck = this.cards.length >= CARDS_MOST - 1 && !SIDES.some((side) => this.fits(side));
    return isStuck || this.cards.length === CARDS_MOST || !this.isWithin(times(this.pays, ratio(RANKS, RANKS - 1)));
  }

  take(choice: Fields): void {
    if (this.why !== null) throw new Refused("do", "the round is over");
    const word = doOf(choice, [...SIDES, "skip", CASH_OUT]);
    if (word === CASH_OUT) return this.cashOut();
    if (word === "skip") return this.skip();
    const side = word as Side;
    if (!this.fits(side)) throw new Refused("do", "this guess could pay more than the house can");
    const pays = this.after(side);
    const from = this.from;
    this.cards.push(card(this.reader));
    if (!isRight(side, from, this.from)) {
      this.why = "wrong";
      this.pays = NOTHING;
      return;
    }
    this.pays = pays;
    this.guesses += 1;
    if (this.isComplete) this.why = "complete";
  }

  private cashOut(): void {
    if (this.guesses === 0) throw new Refused("do", "there is nothing to take yet");
    this.why = CASH_OUT;
  }

  private skip(): void {
    // The last card is only for a guess.
    if (this.cards.length >= CARDS_MOST - 1) throw new Refused("do", "no card is left to skip to");
    this.cards.push(card(this.reader));
    this.skips += 1;
    if (this.guesses > 0 && this.isComplete) this.why = "complete";
  }

  shown(side: Side): Fields | null {
    if (this.why !== null || !this.fits(side)) return null;
    return { chance: shown(ratio(100 * waysOf(side, this.from), RANKS), 2), multiplier: shown(this.after(side)) };
  }
}

export const hilo: Game = {
  slug: "hilo",
  steps: true,
  play(reader, _params, stake, choices, table) {
    const pair = (name: string): Ratio => ratio(BigInt(at(table, name, 0)), BigInt(at(table, name, 1)));
    const round = new Round(reader, stake, pair("return"), pair("multiplier_max"));
    for (const choice of choices) round.take(choice);
    const fields = { cards: round.cards, skips: round.skips, higher: round.shown("higher"), lower: round.shown("lower") };
    if (round.why !== null) return ended(stake, round.pays, round.why, fields);
    const pays = round.guesses > 0 ? round.pays : NOTHING;
    return { ended: false, shown: { ...fields, multiplier: shown(pays) }, staked: stake.units, worth: payoutOf(stake.units, pays) };
  },
};
