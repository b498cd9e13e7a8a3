import { api, type LiveRound, type LiveTable, type Seat } from "../../api/client";
import { fromWire } from "../../money/amounts";
import { socket } from "../../state/socket.svelte";
import { motion } from "../kit/motion.svelte";
import { multiplierAt, ONE } from "./growth";

export type Phase = "opening" | "betting" | "waiting" | "running" | "ended" | "void";
type SeatNews = { round: string; bets?: Seat[]; cash_outs?: Seat[] };
type Tick = { round: string; at_ms: number; multiplier: string };

const HISTORY_MOST = 60;
const CALM_MS = 100;
const WATCH_MS = 1_000;
/** A run of which nothing was heard for so long is shown no further. */
const SILENT_MS = 2_500;
/** What should have come by now and did not is asked for. */
const OVERDUE_MS = 2_500;

/**
 * A live game as the server tells it: the round, who is in, the past. Pushes move it on; after a
 * break, and whenever something is overdue, the whole of it is fetched again.
 */
export class LiveGame {
  round = $state.raw<LiveRound | null>(null);
  seats = $state.raw<Seat[]>([]);
  /** Rounds that are over, newest first. */
  history = $state.raw<LiveRound[]>([]);
  /** The server's clock, as of the newest frame; Unix milliseconds. */
  now = $state(0);
  loaded = $state(false);
  /** The server did not answer when it was asked last. */
  private isLost = $state(false);
  /** When the run was heard of last, by the server's clock. */
  private heardAt = $state(0);
  private offsetMs = 0;
  /** Half the way to the server and back, of the answer that the clock is from. */
  private offsetError = Infinity;
  private loading = false;
  private frame = 0;

  constructor(readonly slug: string) {}

  /** Follow the rounds; the answer ends it. */
  start(): () => void {
    const ends = [
      socket.on<LiveRound>(`${this.slug}.round`, (round) => this.accept(round)),
      socket.on<Tick>(`${this.slug}.tick`, (tick) => this.heard(tick)),
      socket.on<SeatNews>(`${this.slug}.bets`, (news) => this.seated(news.round, news.bets ?? [])),
      socket.on<SeatNews>(`${this.slug}.cash_outs`, (news) => this.seated(news.round, news.cash_outs ?? [])),
      socket.onResync(() => void this.load()),
      socket.follow(this.slug),
    ];
    const watch = setInterval(() => this.overdue && void this.load(), WATCH_MS);
    const onvisible = (): void => void (document.hidden || this.load());
    document.addEventListener("visibilitychange", onvisible);
    void this.load();
    this.turn();
    return () => {
      clearInterval(watch);
      cancelAnimationFrame(this.frame);
      clearTimeout(this.frame);
      document.removeEventListener("visibilitychange", onvisible);
      ends.forEach((end) => end());
    };
  }

  private turn(): void {
    this.now = this.serverNow();
    const again = (): void => this.turn();
    this.frame = motion.off ? window.setTimeout(again, CALM_MS) : requestAnimationFrame(again);
  }

  serverNow(): number {
    return Date.now() + this.offsetMs;
  }

  /** The truth, from the books. */
  async load(): Promise<void> {
    if (this.loading) return;
    this.loading = true;
    const asked = Date.now();
    try {
      this.take(await api.live(this.slug), asked);
      this.isLost = false;
    } catch {
      // The watch asks again.
      this.isLost = true;
    } finally {
      this.loading = false;
    }
  }

  private take(table: LiveTable, asked: number): void {
    const error = (Date.now() - asked) / 2;
    const offset = table.now_ms - (asked + error);
    // The quickest answer tells the time best, unless a clock has moved since.
    if (error <= this.offsetError || Math.abs(offset - this.offsetMs) > error + this.offsetError) {
      this.offsetMs = offset;
      this.offsetError = error;
    }
    this.round = table.round;
    this.seats = table.seats;
    this.history = table.history.slice(0, HISTORY_MOST);
    this.heardAt = table.now_ms;
    this.loaded = true;
  }

  private accept(round: LiveRound): void {
    if (this.round && round.number < this.round.number) return;
    if (this.round?.id !== round.id) this.seats = [];
    this.round = round;
    this.heardAt = this.serverNow();
    if (round.ended_at === null) return;
    this.history = [round, ...this.history.filter((known) => known.id !== round.id)].slice(0, HISTORY_MOST);
    const point = round.crashed_at === null ? null : fromWire(round.crashed_at, 2);
    if (point !== null) this.seats = this.seats.map((seat) => ordered(seat, point, round.caps[seat.currency]));
  }

  private heard(tick: Tick): void {
    if (tick.round === this.round?.id) this.heardAt = this.serverNow();
  }

  private seated(round: string, fresh: Seat[]): void {
    if (round !== this.round?.id) return;
    const known = new Map(this.seats.map((seat) => [seat.player, seat]));
    for (const seat of fresh) known.set(seat.player, seat);
    this.seats = [...known.values()];
  }

  private get overdue(): boolean {
    const { round } = this;
    const now = this.serverNow();
    if (!this.loaded || round === null) return true;
    const since = now - this.heardAt;
    if (round.state === "betting") return now - Date.parse(round.closes_at) > OVERDUE_MS && since > OVERDUE_MS;
    if (round.state === "running" && this.slug === "crash") return since > SILENT_MS;
    return since > 3 * OVERDUE_MS;
  }

  get phase(): Phase {
    const { round } = this;
    switch (round?.state) {
      case undefined:
        return "opening";
      case "betting":
        return this.now < Date.parse(round!.closes_at) ? "betting" : "waiting";
      case "running":
        return this.runMs >= 0 ? "running" : "waiting";
      case "crashed":
      case "settled":
        return "ended";
      case "void":
        return "void";
      default:
        return "waiting";
    }
  }

  /** Bets on this round are taken now, as far as we know. */
  get takesBets(): boolean {
    return this.phase === "betting";
  }

  /** What the page shows may be old: nothing was heard of a run, or the server does not answer. */
  get isSilent(): boolean {
    return this.isLost || (this.phase === "running" && this.isHeld);
  }

  /** Milliseconds of the run; below 0 before it begins. */
  get runMs(): number {
    const started = this.round?.started_at;
    if (!started) return -1;
    return (this.isHeld ? this.heardAt : this.now) - Date.parse(started);
  }

  private get isHeld(): boolean {
    return this.slug === "crash" && this.now - this.heardAt > SILENT_MS;
  }

  /** What the run stands at by the server's clock, or where it ended; hundredths. */
  get multiplier(): bigint {
    const point = this.point;
    if (point !== null) return point;
    return this.runMs < 0 ? ONE : multiplierAt(this.runMs);
  }

  get point(): bigint | null {
    const text = this.round?.crashed_at;
    return text ? fromWire(text, 2) : null;
  }

  /** Of the time to bet, what is left: 1 to 0. */
  get bettingLeft(): number {
    const { round } = this;
    if (!round) return 0;
    const opened = Date.parse(round.opened_at);
    const closes = Date.parse(round.closes_at);
    return Math.min(Math.max((closes - this.now) / (closes - opened), 0), 1);
  }

  /** Seconds until betting closes. */
  get secondsLeft(): number {
    return this.round ? Math.max(Date.parse(this.round.closes_at) - this.now, 0) / 1_000 : 0;
  }
}

/** A seat after the crash: an order, or the cap, at the point or below is paid; those are the rules. */
function ordered(seat: Seat, point: bigint, cap: string | undefined): Seat {
  if (seat.cash_out !== null) return seat;
  const limits = [seat.auto_cash_out, cap].filter((text) => text != null).map((text) => fromWire(text, 2));
  if (limits.length === 0) return seat;
  const at = limits.reduce((least, one) => (one < least ? one : least));
  return at <= point ? { ...seat, cash_out: `${at / ONE}.${String(at % ONE).padStart(2, "0")}` } : seat;
}
