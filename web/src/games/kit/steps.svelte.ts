import { api, type Bet, type Choice } from "../../api/client";
import { ApiError, NetworkError } from "../../api/errors";
import { fromWire, parseUnits } from "../../money/amounts";
import { scaleOf } from "../../state/amounts.svelte";
import { session } from "../../state/session.svelte";
import { Play } from "./play.svelte";
import type { SoundName } from "./sound.svelte";

export type StepsOptions = {
  slug: string;
  params: () => Record<string, unknown>;
  /** Set the board's parameters to those of a round that was open already. */
  restore?: (bet: Bet) => void;
  /** Show an answer; `choice` is null for the opening. The next step waits for it, money does not. */
  show?: (bet: Bet, choice: Choice | null) => unknown;
  /** The next step of an automatic round; null takes the money. Without it there is no autobet. */
  auto?: (bet: Bet) => Choice | null;
  /** Something stands in the way of autobet: no tile picked. */
  unready?: () => boolean;
  loseSound?: SoundName;
};

/** A Choice that takes what is won. */
export const CASH_OUT: Choice = { do: "cash_out" };

/** The outcome of a bet as plain data; empty while there is none. */
export function outcomeOf(bet: Bet | null): Record<string, unknown> {
  return (bet?.outcome ?? {}) as Record<string, unknown>;
}

/** A multiplier of an outcome in ten-thousandths: "1.9800" is 19,800; null when there is none. */
export function multiplierIn(bet: Bet | null, field: string): bigint | null {
  const text = outcomeOf(bet)[field];
  return typeof text === "string" ? parseUnits(text, 4) : null;
}

/**
 * The controller of a game of several steps. The round lives on the server: it survives a reload,
 * another device and another tab, and whatever the server refuses, its round is the truth.
 */
export class Steps extends Play {
  /** The step whose answer is awaited. */
  pending = $state.raw<Choice | null>(null);

  constructor(private readonly options: StepsOptions) {
    super(options.slug);
    if (options.loseSound) this.loseSound = options.loseSound;
  }

  get open(): boolean {
    return this.last?.state === "open";
  }

  override get locked(): boolean {
    return super.locked || this.open;
  }

  get hasAuto(): boolean {
    return this.options.auto !== undefined;
  }

  get autoUnready(): boolean {
    return this.options.unready?.() ?? false;
  }

  /** Units that cashing out pays now; 0 when nothing can be taken. */
  get worth(): bigint {
    const text = this.open ? outcomeOf(this.last)["cash_out"] : undefined;
    return this.last && typeof text === "string" ? fromWire(text, scaleOf(this.last.currency)) : 0n;
  }

  /** Currency of the open round, else of the next one. */
  get currency(): string {
    return this.last && this.open ? this.last.currency : this.stake.currency;
  }

  /** Units staked in the open round, else in the next one. */
  get staked(): bigint {
    return this.last && this.open ? fromWire(this.last.stake, scaleOf(this.last.currency)) : (this.stake.units ?? 0n);
  }

  /** What a multiplier, in ten-thousandths, would bring beyond the stake. */
  profitAt(multiplier: bigint): bigint {
    return (this.staked * multiplier) / 10_000n - this.staked;
  }

  /** Open a round by hand. */
  async bet(): Promise<void> {
    if (!this.blocked && !this.locked) await this.guarded(() => this.paced(() => this.start()), (error) => this.mend(error));
  }

  /** Take a step by hand. */
  async step(choice: Choice): Promise<void> {
    if (this.open && !this.auto.running) await this.guarded(() => this.take(choice), (error) => this.mend(error));
  }

  async cashOut(): Promise<void> {
    if (this.worth > 0n) await this.step(CASH_OUT);
  }

  /** Take up the round that is open on the server, if there is one. */
  async resume(): Promise<boolean> {
    if (!session.player || this.busy || this.auto.running) return false;
    return this.fetchOpen();
  }

  /** The same round, further than we know: another tab or device went on. */
  told(bet: Bet): void {
    const isNews = bet.id === this.last?.id && this.open && (bet.step > this.last.step || bet.state !== "open");
    if (!isNews || this.busy || this.auto.running) return;
    this.accept(bet);
    this.finish(bet);
  }

  override async once(): Promise<Bet> {
    try {
      let bet = await this.start();
      while (bet.state === "open") bet = await this.take(this.options.auto?.(bet) ?? CASH_OUT);
      return bet;
    } catch (error) {
      await this.mend(error);
      throw error;
    }
  }

  private async start(): Promise<Bet> {
    const bet = await api.placeBet(this.slug, { ...(await this.asked()), params: this.options.params() });
    return this.present(bet, null);
  }

  private async take(choice: Choice): Promise<Bet> {
    const round = this.last!;
    this.pending = choice;
    try {
      return await this.present(await api.takeStep(this.slug, round.id, round.step, choice), choice);
    } finally {
      this.pending = null;
    }
  }

  private async present(bet: Bet, choice: Choice | null): Promise<Bet> {
    const lift = session.veil(bet.currency, fromWire(bet.payout, scaleOf(bet.currency)));
    this.accept(bet);
    try {
      await this.options.show?.(bet, choice);
    } finally {
      lift();
    }
    this.finish(bet);
    return bet;
  }

  private async mend(error: unknown): Promise<void> {
    if (error instanceof ApiError || error instanceof NetworkError) await this.fetchOpen().catch(() => false);
  }

  private async fetchOpen(): Promise<boolean> {
    const { rounds } = await api.openRounds();
    const found = rounds.find((bet) => bet.game === this.slug);
    if (!found) {
      // Ended meanwhile, in another tab or by the clock: show how.
      if (this.last && this.open) await this.present((await api.bet(this.last.id)).bet, null);
      return false;
    }
    const isNew = this.last?.id !== found.id;
    this.last = found;
    this.shown = null;
    this.options.restore?.(found);
    if (session.selected !== found.currency) session.choose(found.currency);
    return isNew;
  }
}
