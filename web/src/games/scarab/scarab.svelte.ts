import type { Bet } from "../../api/client";
import { Instant } from "../kit/instant.svelte";
import { motion } from "../kit/motion.svelte";
import { sound } from "../kit/sound.svelte";
import { outcomeOf } from "../kit/steps.svelte";
import { Table } from "../kit/table.svelte";

export const LINES_MOST = 20;
export const ROWS = 3;
export type Win = { line: number; symbol: string; count: number; multiplier: string };
/** Per reel the three symbols from the top. */
export type Window = readonly (readonly string[])[];
export type Round = { stops: number[]; window: Window; wins: Win[]; scatters: number; free: boolean };
export type Machine = { wild: string; scatter: string; reels: string[][]; lines: number[][]; pays: Record<string, Record<string, number>> };
/** A reel on its way: what passes, with the new window at its top and the old one at its end. */
export type Strip = readonly string[];

const REEL_MS = 760;
const REEL_LATER_MS = 190;
const FREE_FASTER = 0.62;
const LINE_MS = 620;
const PASSING = 18;

/** Before the first bet. */
export const WAITING: Window = [
  ["pharaoh", "scarab", "lotus"],
  ["ankh", "eye", "king"],
  ["scatter", "scarab", "ace"],
  ["queen", "eye", "ankh"],
  ["lotus", "scarab", "pharaoh"],
];

export const roundsOf = (bet: Bet): Round[] => (outcomeOf(bet)["rounds"] ?? []) as Round[];
export const linesOf = (bet: Bet): number => Number((bet.params as { lines?: number }).lines ?? 1);

/** Places of a win, as reel and row: a line pays from the left. */
export function placesOf(win: Win, lines: readonly number[][] | undefined): [reel: number, row: number][] {
  return (lines?.[win.line - 1] ?? []).slice(0, win.count).map((row, reel) => [reel, row]);
}

export class Scarab {
  lines = $state(20);
  strips = $state.raw<readonly Strip[]>(WAITING);
  /** Counts spins, so that each is a new animation. */
  spins = $state(0);
  /** The reels still turn. */
  spinning = $state(false);
  /** The round that is shown, from 0, and of how many. */
  at = $state(0);
  /** Wins to be drawn now: one after the other, all at the end. */
  drawn = $state.raw<readonly Win[]>([]);
  /** Free rounds go faster: part of the usual time. */
  pace = $state(1);
  private hurried = $state(false);
  private table = new Table<{ machine: Machine }>("scarab");
  readonly play: Instant = new Instant({ slug: "scarab", params: () => ({ lines: this.lines }), show: (bet) => this.show(bet) });

  get machine(): Machine | null {
    return this.table.data?.machine ?? null;
  }

  get rounds(): readonly Round[] {
    return this.play.last ? roundsOf(this.play.last) : [];
  }

  get window(): Window {
    return this.strips.map((strip) => strip.slice(0, ROWS));
  }

  /** Milliseconds that a reel turns. */
  turnMs(reel: number): number {
    return motion.ms((REEL_MS + reel * REEL_LATER_MS) * this.pace);
  }

  /** More rounds are to come, and may be passed over. */
  get canHurry(): boolean {
    return this.play.busy && !this.hurried && this.rounds.length > 1;
  }

  hurry(): void {
    this.hurried = true;
  }

  private async show(bet: Bet): Promise<void> {
    const rounds = roundsOf(bet);
    this.hurried = false;
    for (const [at, round] of rounds.entries()) {
      if ((motion.off || this.hurried) && at < rounds.length - 1) continue;
      this.at = at;
      this.pace = round.free ? FREE_FASTER : 1;
      await this.turn(round);
      await this.tell(round);
    }
  }

  private async turn(round: Round): Promise<void> {
    const reels = this.machine?.reels;
    const before = this.window;
    this.drawn = [];
    this.strips = round.window.map((window, reel) => {
      const all = reels?.[reel] ?? before[reel] ?? [];
      const below = Array.from({ length: PASSING + 5 * reel }, (_, step) => all[((round.stops[reel] ?? 0) + 2 + step) % all.length] ?? "ace");
      return [...window, ...below, ...(before[reel] ?? [])];
    });
    this.spins += 1;
    this.spinning = !motion.off;
    for (let reel = 0; reel < round.window.length; reel += 1) {
      await this.wait(reel === 0 ? this.turnMs(0) : this.turnMs(reel) - this.turnMs(reel - 1));
      if (!motion.off && !this.hurried) sound.play("tick", round.window[reel]?.includes("scatter") ? 1.8 : 0.7);
    }
    this.spinning = false;
  }

  private async tell(round: Round): Promise<void> {
    if (round.wins.length > 1 && !motion.off) {
      for (const [at, win] of round.wins.entries()) {
        if (this.hurried) break;
        this.drawn = [win];
        sound.play("reveal", 0.9 + at * 0.08);
        await this.wait(LINE_MS * this.pace);
      }
    }
    this.drawn = round.wins;
    if (round.wins.length === 1) sound.play("reveal");
    if (round.free || this.rounds.length > 1) await this.wait(LINE_MS * this.pace);
  }

  /** As long as something moves and nobody hurries. */
  private wait(ms: number): Promise<void> {
    return this.hurried || ms <= 0 ? Promise.resolve() : motion.wait(ms);
  }
}
