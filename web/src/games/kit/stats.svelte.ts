import type { Bet } from "../../api/client";
import { fromWire } from "../../money/amounts";
import { scaleOf } from "../../state/amounts.svelte";
import { profitOf } from "./bets";

const POINTS_MOST = 120;

/** What was played in one currency; profit after each bet in `points`, oldest first. */
type Book = { wagered: bigint; profit: bigint; wins: number; losses: number; points: bigint[] };

const EMPTY: Book = { wagered: 0n, profit: 0n, wins: 0, losses: 0, points: [0n] };

/** Live statistics of this visit, by currency; shown is the currency of the newest bet. */
export class Stats {
  currency = $state("");
  open = $state(false);
  private books = $state.raw<Record<string, Book>>({});

  private get book(): Book {
    return this.books[this.currency] ?? EMPTY;
  }

  get wagered(): bigint {
    return this.book.wagered;
  }

  get profit(): bigint {
    return this.book.profit;
  }

  get wins(): number {
    return this.book.wins;
  }

  get losses(): number {
    return this.book.losses;
  }

  get points(): bigint[] {
    return this.book.points;
  }

  add(bet: Bet): void {
    if (bet.state !== "settled") return;
    this.currency = bet.currency;
    const { wagered, profit, wins, losses, points } = this.book;
    const brought = profitOf(bet);
    const total = profit + brought;
    this.books = {
      ...this.books,
      [bet.currency]: {
        wagered: wagered + fromWire(bet.stake, scaleOf(bet.currency)),
        profit: total,
        wins: wins + (brought > 0n ? 1 : 0),
        losses: losses + (brought < 0n ? 1 : 0),
        points: [...points, total].slice(-POINTS_MOST),
      },
    };
  }

  reset(currency = this.currency): void {
    this.currency = currency;
    this.books = { ...this.books, [currency]: EMPTY };
  }
}

export const stats = new Stats();
