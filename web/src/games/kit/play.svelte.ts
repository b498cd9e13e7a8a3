import type { Bet, BetAsked, Game } from "../../api/client";
import { newId } from "../../money/ids";
import { toDecimal } from "../../money/amounts";
import { config } from "../../state/config.svelte";
import { live } from "../../state/live.svelte";
import { session } from "../../state/session.svelte";
import { sitting } from "../../state/sitting.svelte";
import { toasts } from "../../state/toasts.svelte";
import { Autobet } from "./autobet.svelte";
import { profitOf } from "./bets";
import { sound, type SoundName } from "./sound.svelte";
import { Stake } from "./stake.svelte";
import { stats } from "./stats.svelte";

const RESULTS_MOST = 14;

/** What every board stands on, whatever its game: stake, last bet, results, autobet. */
export abstract class Play {
  readonly stake: Stake;
  readonly auto: Autobet;
  private chosen = $state<"manual" | "auto">("manual");
  /** A request is under way, or its result is still being shown. */
  busy = $state(false);
  /** The newest answer of the server: what the board draws. */
  last = $state.raw<Bet | null>(null);
  /** The newest bet that has been shown to its end; null while the next one is under way. */
  shown = $state.raw<Bet | null>(null);
  results = $state.raw<Bet[]>([]);
  /** Bets that are in the strip and the statistics: an answer and a push may both tell of one. */
  private counted = new Set<string>();
  /** The sound of a lost bet. */
  protected loseSound: SoundName = "lose";

  constructor(readonly slug: string) {
    this.stake = new Stake(slug);
    this.auto = new Autobet(this.stake, () => this.once());
  }

  /** By hand, or by itself where the jurisdiction lets it. */
  get mode(): "manual" | "auto" {
    return this.auto.allowed ? this.chosen : "manual";
  }

  set mode(mode: "manual" | "auto") {
    this.chosen = mode;
  }

  get game(): Game | undefined {
    return config.game(this.slug);
  }

  /** Why nothing can be bet now is beside the stake or over the board. */
  get blocked(): boolean {
    return this.stake.problem !== undefined || Boolean(this.game?.paused);
  }

  /** Parameters cannot change now. */
  get locked(): boolean {
    return this.auto.running;
  }

  /** The shown bet when it brought more than it cost: the only one to celebrate. */
  get won(): Bet | null {
    return this.shown && profitOf(this.shown) > 0n ? this.shown : null;
  }

  /** One whole bet, as autobet plays it; null when it was stopped before it was placed. Throws what the server refused with. */
  abstract once(): Promise<Bet | null>;

  /** One at a time; a refusal is told and changes nothing. */
  protected async guarded(action: () => Promise<unknown>, onfail: (error: unknown) => unknown = () => undefined): Promise<void> {
    if (this.busy) return;
    this.busy = true;
    try {
      await action();
    } catch (error) {
      toasts.fail(error);
      await onfail(error);
    } finally {
      this.busy = false;
    }
  }

  /** Not faster than the jurisdiction lets rounds follow each other. */
  protected async paced(action: () => Promise<unknown>): Promise<void> {
    const began = Date.now();
    try {
      await action();
    } finally {
      const rest = config.roundMs(this.slug) - (Date.now() - began);
      if (rest > 0) await new Promise((resolve) => setTimeout(resolve, rest));
    }
  }

  /** The parts of a new bet that are the same for every game. Starts a guest when nobody plays. */
  protected async asked(units = this.stake.units ?? 0n): Promise<Omit<BetAsked, "params">> {
    await session.needPlayer();
    const { currency, scale } = this.stake;
    return { id: newId("bet", config.now()), currency, stake: toDecimal(units, scale), automatic: this.auto.running };
  }

  /** The server's answer, whatever stage the bet is in. */
  protected accept(bet: Bet): void {
    this.last = bet;
    this.shown = null;
    if (bet.balance_after !== null) session.acceptBalance({ currency: bet.currency, available: bet.balance_after });
    live.addMine(bet);
    sitting.betPlaced();
  }

  /** A settled bet has been shown: now it counts in the strip and the statistics. */
  protected finish(bet: Bet): void {
    if (bet.state !== "settled") return;
    if (this.last?.id === bet.id) this.shown = bet;
    if (this.counted.has(bet.id)) return;
    this.counted.add(bet.id);
    this.results = [...this.results, bet].slice(-RESULTS_MOST);
    stats.add(bet);
    const profit = profitOf(bet);
    if (profit > 0n) sound.play("win");
    else if (profit < 0n) sound.play(this.loseSound);
  }
}
