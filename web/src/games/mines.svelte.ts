import { api, type Bet } from "../api/client";
import { multiplierOf, payoutOf, TILES } from "../fairness/mines";
import { fromWire, toDecimal } from "../money/amounts";
import { newId } from "../money/ids";
import { scaleOf } from "../state/amounts.svelte";
import { config } from "../state/config.svelte";
import { live } from "../state/live.svelte";
import { session } from "../state/session.svelte";
import { Autobet } from "./autobet.svelte";
import { Stake } from "./stake.svelte";
import { stats } from "./stats.svelte";

export type TileState = "hidden" | "gem" | "mine" | "hit" | "faded-gem" | "faded-mine" | "picked";

export type Round = {
  mines: number;
  revealed: number[];
  /** Where the mines lay, once it is over. */
  positions: number[] | null;
  /** The mine that ended it. */
  hit: number | null;
  /** The round pays out by itself after so many gems. */
  most: number | null;
};

const RESULTS_MOST = 14;

/** What a round's parameters and outcome say, whichever stage it is in. */
export function roundOf(bet: Bet): Round {
  const outcome = (bet.outcome ?? {}) as Record<string, unknown>;
  const params = (bet.params ?? {}) as Record<string, unknown>;
  return {
    mines: Number(params["mines"] ?? 0),
    revealed: Array.isArray(outcome["revealed"]) ? (outcome["revealed"] as number[]) : [],
    positions: Array.isArray(outcome["mines"]) ? (outcome["mines"] as number[]) : null,
    hit: typeof outcome["hit"] === "number" ? outcome["hit"] : null,
    most: typeof outcome["reveals_max"] === "number" ? outcome["reveals_max"] : null,
  };
}

/** How each tile of a round looks. */
export function tilesOf(bet: Bet | null, picked: ReadonlySet<number>): TileState[] {
  const round = bet ? roundOf(bet) : null;
  return Array.from({ length: TILES }, (_, tile) => {
    if (!round || (bet?.state === "open" && !round.revealed.includes(tile))) return picked.has(tile) ? "picked" : "hidden";
    const isMine = round.positions?.includes(tile) ?? false;
    if (tile === round.hit) return "hit";
    if (round.revealed.includes(tile)) return "gem";
    if (round.positions === null) return "hidden";
    return isMine ? "faded-mine" : "faded-gem";
  });
}

/** The mines board: an open round lives on the server and survives a reload or another device. */
export class Mines {
  stake = new Stake("mines");
  mines = $state(3);
  round = $state.raw<Bet | null>(null);
  busy = $state(false);
  /** The tile whose answer is awaited. */
  pending = $state<number | null>(null);
  results = $state.raw<Bet[]>([]);
  /** Tiles chosen for autobet. */
  picked = $state.raw<ReadonlySet<number>>(new Set());
  auto = new Autobet(this.stake, () => this.playPicked());

  get open(): boolean {
    return this.round?.state === "open";
  }

  /** Gems of the open round. */
  get revealed(): number {
    return this.round && this.open ? roundOf(this.round).revealed.length : 0;
  }

  /** Mines of the open round, else of the next one. */
  get count(): number {
    return this.round && this.open ? roundOf(this.round).mines : this.mines;
  }

  private get stakeUnits(): bigint {
    if (this.round && this.open) return fromWire(this.round.stake, scaleOf(this.round.currency));
    return this.stake.units ?? 0n;
  }

  get currency(): string {
    return this.round && this.open ? this.round.currency : this.stake.currency;
  }

  /** What cashing out pays now. */
  get cashOutUnits(): bigint {
    return payoutOf(this.stakeUnits, this.count, this.revealed);
  }

  get nextMultiplier(): bigint {
    return multiplierOf(this.count, Math.min(this.revealed + 1, TILES - this.count));
  }

  get nextProfit(): bigint {
    return payoutOf(this.stakeUnits, this.count, Math.min(this.revealed + 1, TILES - this.count)) - this.stakeUnits;
  }

  /** Take up the round that is open on the server, if there is one. */
  async resume(): Promise<boolean> {
    if (!session.player) return false;
    const { rounds } = await api.openRounds();
    const found = rounds.find((bet) => bet.game === "mines");
    if (!found) {
      if (this.open) this.round = null;
      return false;
    }
    this.round = found;
    this.mines = roundOf(found).mines;
    if (session.selected !== found.currency) session.choose(found.currency);
    return true;
  }

  async start(): Promise<void> {
    await session.needPlayer();
    this.accept(
      await api.openMines({
        id: newId("bet", config.now()),
        currency: this.stake.currency,
        stake: toDecimal(this.stake.units ?? 0n, this.stake.scale),
        mines: this.mines,
      }),
    );
  }

  async reveal(tile: number): Promise<void> {
    if (!this.round || !this.open || this.pending !== null) return;
    this.pending = tile;
    try {
      this.accept(await api.revealTile(this.round.id, this.round.step, tile));
    } finally {
      this.pending = null;
    }
  }

  async cashOut(): Promise<void> {
    if (this.round && this.open) this.accept(await api.cashOut(this.round.id));
  }

  hiddenTiles(): number[] {
    const known = new Set(this.round && this.open ? roundOf(this.round).revealed : []);
    return Array.from({ length: TILES }, (_, tile) => tile).filter((tile) => !known.has(tile));
  }

  pick(tile: number): void {
    const next = new Set(this.picked);
    if (!next.delete(tile) && next.size < TILES - this.mines) next.add(tile);
    this.picked = next;
  }

  /** One automatic round: open, reveal the picked tiles, cash out. */
  private async playPicked(): Promise<Bet> {
    await this.start();
    for (const tile of this.picked) {
      if (!this.open) break;
      await this.reveal(tile);
    }
    await this.cashOut();
    return this.round!;
  }

  private accept(bet: Bet): void {
    this.round = bet;
    if (bet.balance_after !== null) session.acceptBalance({ currency: bet.currency, available: bet.balance_after });
    live.addMine(bet);
    if (bet.state !== "settled") return;
    this.results = [...this.results, bet].slice(-RESULTS_MOST);
    stats.add(bet);
  }
}
