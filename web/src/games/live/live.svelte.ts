import { api, type Bet } from "../../api/client";
import { NetworkError } from "../../api/errors";
import { fromWire, parseUnits } from "../../money/amounts";
import { scaleOf } from "../../state/amounts.svelte";
import { session } from "../../state/session.svelte";
import { socket } from "../../state/socket.svelte";
import { toasts } from "../../state/toasts.svelte";
import { Play } from "../kit/play.svelte";
import { CASH_OUT, outcomeOf } from "../kit/steps.svelte";
import { LEAST, MOST, payoutOf, plain } from "./growth";
import { LiveGame } from "./table.svelte";

type Options = {
  slug: string;
  /** Every bet names its target: there is no cash-out. */
  needsTarget?: boolean;
  /** Show a settled bet; strip, statistics and celebration wait for it, money does not. */
  show?: (bet: Bet) => unknown;
};

const FIRST_TARGET = 200n;
const WATCH_MS = 250;
const ASK_AGAIN_MS = 4_000;

/**
 * The controller of a live game: one bet of ours in a round that is everybody's. The server takes
 * the bet, judges the cash-out and tells the end; nothing here is assumed before it said so.
 */
export class LivePlay extends Play {
  readonly table: LiveGame;
  /** The automatic cash-out, or the target, as typed; empty: none. */
  targetText = $state(plain(FIRST_TARGET));
  /** Waits until the next round takes bets; the currency it was meant in. */
  queued = $state<string | null>(null);
  cashing = $state(false);
  private finished = new Set<string>();
  private waiters: ((bet: Bet | null) => void)[] = [];
  private asking = 0;

  constructor(private readonly options: Options) {
    super(options.slug);
    this.table = new LiveGame(options.slug);
    if (!options.needsTarget) this.targetText = "";
  }

  /** Follow the game while its board is there; the answer ends it. */
  start(): () => void {
    const ends = [
      this.table.start(),
      socket.on<Bet>("bet", (bet) => this.told(bet)),
      socket.onResync(() => void this.resume()),
      session.onChange(() => void this.resume()),
    ];
    const watch = setInterval(() => this.watch(), WATCH_MS);
    void this.resume();
    return () => {
      clearInterval(watch);
      this.auto.stop();
      this.release(null);
      ends.forEach((end) => end());
    };
  }

  // --- What stands

  /** The target in hundredths; null when none is typed, undefined when it is none. */
  get target(): bigint | null | undefined {
    if (this.targetText.trim() === "") return null;
    const units = parseUnits(this.targetText, 2);
    return units === null || units < LEAST || units > MOST ? undefined : units;
  }

  get targetMissing(): boolean {
    return this.target === null && (this.options.needsTarget === true || this.mode === "auto");
  }

  get targetWrong(): boolean {
    return this.target === undefined || this.targetMissing;
  }

  override get blocked(): boolean {
    return super.blocked || this.targetWrong;
  }

  override get locked(): boolean {
    return super.locked || this.queued !== null || this.busy || this.open;
  }

  /** A bet of ours is in a round that is not over for it. */
  get open(): boolean {
    return this.last?.state === "open" && outcomeOf(this.last)["cash_out"] == null;
  }

  /** Our newest bet, when it is in the round on the table. */
  get own(): Bet | null {
    return this.last && (this.last.params as { round?: string }).round === this.table.round?.id ? this.last : null;
  }

  /** Where we left; null while we did not. Hundredths. */
  get leftAt(): bigint | null {
    const text = outcomeOf(this.own)["cash_out"];
    return typeof text === "string" ? fromWire(text, 2) : null;
  }

  /** Where the bet leaves by itself, as far as the page can tell: its order, or the round's cap. */
  get endsAt(): bigint | null {
    const bet = this.own;
    if (!bet) return null;
    const limits = [(bet.params as { auto_cash_out?: string | null }).auto_cash_out, this.table.round?.caps[bet.currency]];
    const known = limits.filter((text) => text != null).map((text) => fromWire(text, 2));
    return known.length === 0 ? null : known.reduce((least, one) => (one < least ? one : least));
  }

  /** The order is reached: it is paid when the round is over, and nothing can be taken before. */
  get isOrdered(): boolean {
    return this.endsAt !== null && this.table.multiplier >= this.endsAt;
  }

  /** What cashing out now would pay, in units of the bet's currency. */
  get worth(): bigint {
    const bet = this.own;
    if (!bet) return 0n;
    const now = this.table.multiplier;
    const at = this.endsAt !== null && this.endsAt < now ? this.endsAt : now;
    return at < LEAST ? 0n : payoutOf(fromWire(bet.stake, scaleOf(bet.currency)), at);
  }

  get profit(): bigint {
    const stake = this.stake.units ?? 0n;
    return this.target ? payoutOf(stake, this.target) - stake : 0n;
  }

  // --- What is done

  /** Bet on the round that takes bets, or on the next one; while that waits, take it back. */
  async bet(): Promise<void> {
    if (this.queued !== null) this.queued = null;
    else if (this.blocked || this.busy || this.open || this.auto.running) return;
    else if (this.canPlace) await this.guarded(() => this.place());
    else this.queued = this.stake.currency;
  }

  /** The round on the table takes a bet of ours. */
  get canPlace(): boolean {
    return this.table.takesBets && this.own === null;
  }

  async cashOut(): Promise<void> {
    const bet = this.own;
    if (!bet || this.cashing) return;
    this.cashing = true;
    try {
      this.told(await api.takeStep(this.slug, bet.id, 0, CASH_OUT));
    } catch (error) {
      toasts.fail(error);
      await this.resume();
    } finally {
      this.cashing = false;
    }
  }

  override async once(): Promise<Bet | null> {
    while (!this.canPlace || this.open) {
      if (this.auto.stopping) return null;
      await new Promise((resolve) => setTimeout(resolve, WATCH_MS));
    }
    const bet = await this.place();
    if (this.finished.has(bet.id)) return this.last;
    return new Promise((resolve) => this.waiters.push(resolve));
  }

  private async place(): Promise<Bet> {
    const asked = await this.asked();
    const params = { round: this.table.round!.id, auto_cash_out: this.target == null ? null : plain(this.target) };
    try {
      const bet = await api.placeBet(this.slug, { ...asked, params });
      this.told(bet);
      return bet;
    } catch (error) {
      // It may be in the round all the same.
      if (error instanceof NetworkError) void this.resume();
      throw error;
    }
  }

  /** What waits is placed as soon as it can be; what should have ended is asked for. */
  private watch(): void {
    if (this.queued !== null && this.queued !== this.stake.currency) this.queued = null;
    if (this.queued !== null && this.canPlace && !this.open && !this.busy) {
      this.queued = null;
      if (!this.blocked) void this.guarded(() => this.place());
      else if (this.stake.problem) toasts.say("info", this.stake.problem);
    }
    const isOver = this.last?.state === "open" && (this.own === null || ["ended", "void"].includes(this.table.phase));
    if (!isOver) this.asking = Date.now();
    else if (Date.now() - this.asking > ASK_AGAIN_MS) void this.resume();
  }

  // --- What the server tells

  /** Take up the bet that is open on the server, or see how it ended. */
  async resume(): Promise<void> {
    this.asking = Date.now();
    if (!session.player) return void (this.last = null);
    try {
      const { rounds } = await api.openRounds();
      const found = rounds.find((bet) => bet.game === this.slug);
      if (found) this.told(found);
      else if (this.last?.state === "open") this.told((await api.bet(this.last.id)).bet);
    } catch {
      // The watch asks again.
    }
  }

  /** A bet of ours, from an answer or from a push, whichever is first. */
  private told(bet: Bet): void {
    if (bet.game !== this.slug || this.finished.has(bet.id)) return;
    const isOther = bet.id !== this.last?.id;
    if (isOther && bet.state !== "open") return;
    const isNews = isOther || bet.state !== "open" || outcomeOf(this.last)["cash_out"] == null;
    if (!isNews) return;
    this.accept(bet);
    if (bet.state !== "open") void this.end(bet);
  }

  private async end(bet: Bet): Promise<void> {
    this.finished.add(bet.id);
    await this.options.show?.(bet);
    this.finish(bet);
    this.release(bet);
  }

  private release(bet: Bet | null): void {
    for (const tell of this.waiters.splice(0)) tell(bet);
  }
}
