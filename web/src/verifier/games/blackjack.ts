import { card, rankOf } from "../cards";
import { Refused, type Ended, type Game, type Result, type Stake } from "../contract";
import type { Fields } from "../json";
import { doOf } from "../ladder";
import { ratio, shown, trimmed } from "../ratio";
import type { Reader } from "../stream";

const ACE = 12;
const BEST = 21;
const DEALER_STANDS = 17;

type State = "waiting" | "playing" | "stood" | "bust" | "blackjack" | "won" | "push" | "lost";
type Hand = { cards: string[]; stake: bigint; state: State };

/** Ace 11, faces 10. */
function value(text: string): number {
  const rank = rankOf(text);
  if (rank === ACE) return 11;
  return Math.min(10, rank + 2);
}

/** The best count, and whether an ace still counts eleven in it. */
export function count(cards: readonly string[]): { total: number; soft: boolean } {
  let total = cards.reduce((sum, text) => sum + value(text), 0);
  let elevens = cards.filter((text) => rankOf(text) === ACE).length;
  while (total > BEST && elevens > 0) {
    total -= 10;
    elevens -= 1;
  }
  return { total, soft: elevens > 0 };
}

const isNatural = (cards: readonly string[]): boolean => cards.length === 2 && count(cards).total === BEST;

/** A round between two choices: dealt, insured, played hand by hand, then the dealer's turn. */
class Round {
  readonly hands: Hand[];
  readonly dealer: string[];
  active: number | null = null;
  insurance: bigint | null = null;
  isAsking: boolean;
  why: string | null = null;
  private isSplit = false;

  constructor(
    private readonly reader: Reader,
    private readonly stake: Stake,
  ) {
    this.hands = [{ cards: [this.draw(), this.draw()], stake: stake.units, state: "waiting" }];
    this.dealer = [this.draw(), this.draw()];
    if (isNatural(this.hands[0]!.cards)) this.hands[0]!.state = "blackjack";
    this.isAsking = rankOf(this.dealer[0]!) === ACE;
    if (!this.isAsking) this.peek();
  }

  get staked(): bigint {
    return this.hands.reduce((sum, hand) => sum + hand.stake, this.insurance ?? 0n);
  }

  get actions(): string[] {
    if (this.why !== null) return [];
    if (this.isAsking) return ["insurance", "no_insurance"];
    const hand = this.hands[this.active!]!;
    const isFirstTwo = hand.cards.length === 2;
    const isPair = isFirstTwo && !this.isSplit && rankOf(hand.cards[0]!) === rankOf(hand.cards[1]!);
    return ["hit", "stand", ...(isFirstTwo ? ["double"] : []), ...(isPair ? ["split"] : [])];
  }

  take(choice: Fields): void {
    const word = doOf(choice, ["hit", "stand", "double", "split", "insurance", "no_insurance"]);
    if (!this.actions.includes(word)) throw new Refused("do", `${word} is not open now`);
    if (this.isAsking) return this.insure(word === "insurance");
    const hand = this.hands[this.active!]!;
    if (word === "split") return this.split(hand);
    if (word === "stand") hand.state = "stood";
    if (word === "double") hand.stake += this.stake.units;
    if (word !== "stand") hand.cards.push(this.draw());
    const { total } = count(hand.cards);
    if (total > BEST) hand.state = "bust";
    else if (word === "double" || total === BEST) hand.state = "stood";
    this.goOn();
  }

  private draw(): string {
    return card(this.reader);
  }

  private insure(isWanted: boolean): void {
    if (isWanted) this.insurance = this.stake.units / 2n;
    this.isAsking = false;
    this.peek();
  }

  /** Under an ace and a ten the dealer looks: a blackjack ends the round. */
  private peek(): void {
    const [hand] = this.hands as [Hand];
    const own = isNatural(hand.cards);
    if (isNatural(this.dealer)) {
      hand.state = own ? "push" : "lost";
      this.end("dealer_blackjack");
    } else if (own) {
      hand.state = "blackjack";
      this.end("blackjack");
    } else {
      this.goOn();
    }
  }

  private split(hand: Hand): void {
    const isAces = rankOf(hand.cards[0]!) === ACE;
    const moved = hand.cards.pop()!;
    const other: Hand = { cards: [moved], stake: this.stake.units, state: "waiting" };
    this.isSplit = true;
    this.hands.push(other);
    hand.cards.push(this.draw());
    other.cards.push(this.draw());
    for (const one of this.hands) if (isAces || count(one.cards).total === BEST) one.state = "stood";
    this.goOn();
  }

  /** To the next hand that can be played, or to the dealer. */
  private goOn(): void {
    const next = this.hands.findIndex((hand) => hand.state === "playing" || hand.state === "waiting");
    if (next >= 0) {
      this.active = next;
      this.hands[next]!.state = "playing";
      return;
    }
    if (this.hands.every((hand) => hand.state === "bust")) return this.end("bust");
    while (count(this.dealer).total < DEALER_STANDS) this.dealer.push(this.draw());
    this.settle();
    this.end("complete");
  }

  private settle(): void {
    const house = count(this.dealer).total;
    for (const hand of this.hands) {
      if (hand.state === "bust") continue;
      const { total } = count(hand.cards);
      hand.state = house > BEST || total > house ? "won" : total === house ? "push" : "lost";
    }
  }

  private end(why: string): void {
    this.why = why;
    this.active = null;
  }

  get payout(): bigint {
    const insured = this.why === "dealer_blackjack" ? 3n * (this.insurance ?? 0n) : 0n;
    return this.hands.reduce((sum, hand) => sum + paid(hand), insured);
  }
}

function paid(hand: Hand): bigint {
  if (hand.state === "won") return 2n * hand.stake;
  if (hand.state === "push") return hand.stake;
  return hand.state === "blackjack" ? hand.stake + (hand.stake * 3n) / 2n : 0n;
}

function result(round: Round, stake: Stake): Result {
  const text = (units: bigint): string => trimmed(units, stake.scale);
  const isOver = round.why !== null;
  const dealer = isOver ? round.dealer : round.dealer.slice(0, 1);
  const fields: Fields = {
    hands: round.hands.map((hand) => ({ cards: hand.cards, ...count(hand.cards), stake: text(hand.stake), state: hand.state })),
    dealer,
    dealer_total: count(dealer).total,
    active: round.active,
    actions: round.actions,
    insurance: round.insurance === null ? null : text(round.insurance),
  };
  const { staked, payout } = round;
  if (!isOver) return { ended: false, staked, worth: 0n, shown: { ...fields, multiplier: shown(ratio(0)) } };
  const over: Ended = { ended: true, staked, payout, shown: { ...fields, multiplier: shown(ratio(payout, staked)), ended: round.why } };
  return over;
}

export const blackjack: Game = {
  slug: "blackjack",
  steps: true,
  play(reader, _params, stake, choices) {
    const round = new Round(reader, stake);
    for (const choice of choices) round.take(choice);
    return result(round, stake);
  },
};
