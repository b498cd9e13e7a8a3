import type { Bet } from "../../api/client";
import { CASH_OUT, outcomeOf, Steps, type StepsOptions } from "../kit/steps.svelte";
import { Table } from "../kit/table.svelte";
import { paysOf, type Rung } from "./rungs";

export type Difficulty = "easy" | "medium" | "hard" | "expert" | "master";

export type LadderOptions = {
  slug: string;
  difficulties: readonly Difficulty[];
  /** Rungs that a bet's outcome says were won. */
  wonOf: (bet: Bet) => number;
  /** The next step of an automatic round. */
  next: (bet: Bet) => Record<string, unknown> & { do: string };
  show?: StepsOptions["show"];
  restore?: (bet: Bet) => void;
};

/** A round of a difficulty, and rungs that each pay more than the one before. */
export class Ladder {
  difficulty = $state<Difficulty>("easy");
  /** Rungs that an automatic round climbs before it takes the money. */
  steps = $state(3);
  private readonly table: Table<{ rungs: Record<string, Rung[]> }>;
  readonly play: Steps;

  constructor(private readonly options: LadderOptions) {
    this.table = new Table(options.slug);
    this.play = new Steps({
      slug: options.slug,
      params: () => ({ difficulty: this.difficulty }),
      restore: (bet) => {
        this.difficulty = difficultyOf(bet) ?? this.difficulty;
        options.restore?.(bet);
      },
      ...(options.show ? { show: options.show } : {}),
      auto: (bet) => (options.wonOf(bet) < this.steps ? options.next(bet) : CASH_OUT),
    });
  }

  get difficulties(): readonly Difficulty[] {
    return this.options.difficulties;
  }

  /** What each rung pays, in ten-thousandths. */
  get pays(): bigint[] {
    const { last, open } = this.play;
    return paysOf(this.table.data?.rungs[(open && last && difficultyOf(last)) || this.difficulty]);
  }

  /** Rungs won in the round on the board; 0 between rounds. */
  get won(): number {
    const { last } = this.play;
    return last ? this.options.wonOf(last) : 0;
  }

  /** The round on the board was lost. */
  get lost(): boolean {
    return isLost(this.play.shown);
  }

  /** What the next rung pays, in ten-thousandths. */
  get nextPay(): bigint | undefined {
    return this.pays[this.play.open ? this.won : 0];
  }

  async step(choice?: Record<string, unknown> & { do: string }): Promise<void> {
    const { last, open } = this.play;
    if (open && last) await this.play.step(choice ?? this.options.next(last));
  }
}

/** The difficulty a bet was made at. */
export function difficultyOf(bet: Bet): Difficulty | undefined {
  return (bet.params as { difficulty?: Difficulty } | null)?.difficulty;
}

const GOOD_ENDS = new Set<unknown>(["cash_out", "complete", "abandoned", undefined, null]);

/** Over, and by its own word for a loss. */
export function isLost(bet: Bet | null): boolean {
  return bet !== null && bet.state === "settled" && !GOOD_ENDS.has(outcomeOf(bet)["ended"]);
}

/** A field of an outcome that counts. */
export function countIn(bet: Bet | null, field: string): number {
  const value = outcomeOf(bet)[field];
  return typeof value === "number" ? value : 0;
}
