import type { Bet } from "../../api/client";
import { multiplierOf, TILES } from "../../verifier/games/mines";
import { Table } from "../kit/table.svelte";
import { sound } from "../kit/sound.svelte";
import { Steps } from "../kit/steps.svelte";

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

/** What the player set and picked, and what the next gem would bring. */
export class Mines {
  /** Mines of the next round. */
  mines = $state(3);
  /** Tiles that every automatic round opens. */
  picked = $state.raw<ReadonlySet<number>>(new Set());
  /** Exact multipliers by count of mines and gems, as numerator and denominator. */
  private table = new Table<{ multipliers: Record<string, [number | string, number | string][]> }>("mines");
  readonly play: Steps = new Steps({
    slug: "mines",
    params: () => ({ mines: this.mines }),
    restore: (bet) => (this.mines = roundOf(bet).mines),
    show: (bet, choice) => choice?.do === "reveal" && bet.state === "open" && sound.play("reveal", 1 + roundOf(bet).revealed.length / 12),
    auto: (bet) => this.nextPicked(bet),
    unready: () => this.picked.size === 0,
    loseSound: "boom",
  });

  private get round(): Round | null {
    return this.play.last && this.play.open ? roundOf(this.play.last) : null;
  }

  /** Gems of the open round. */
  get revealed(): number {
    return this.round?.revealed.length ?? 0;
  }

  /** Mines of the open round, else of the next one. */
  get count(): number {
    return this.round?.mines ?? this.mines;
  }

  private get nextGems(): number {
    return Math.min(this.revealed + 1, TILES - this.count);
  }

  get nextMultiplier(): bigint {
    const exact = this.table.data?.multipliers[String(this.count)]?.[this.nextGems - 1];
    return exact ? (10_000n * BigInt(exact[0])) / BigInt(exact[1]) : multiplierOf(this.count, this.nextGems);
  }

  async reveal(tile: number): Promise<void> {
    await this.play.step({ do: "reveal", tile });
  }

  /** A covered tile, whichever. */
  async revealAny(): Promise<void> {
    const known = new Set(this.round?.revealed);
    const hidden = Array.from({ length: TILES }, (_, tile) => tile).filter((tile) => !known.has(tile));
    const tile = hidden[crypto.getRandomValues(new Uint32Array(1))[0]! % hidden.length];
    if (this.play.open && tile !== undefined) await this.reveal(tile);
  }

  pick(tile: number): void {
    const next = new Set(this.picked);
    if (!next.delete(tile) && next.size < TILES - this.mines) next.add(tile);
    this.picked = next;
  }

  setMines(mines: number): void {
    this.mines = mines;
    this.picked = new Set([...this.picked].slice(0, TILES - mines));
  }

  private nextPicked(bet: Bet): { do: "reveal"; tile: number } | null {
    const revealed = roundOf(bet).revealed;
    const tile = [...this.picked].find((wanted) => !revealed.includes(wanted));
    return tile === undefined ? null : { do: "reveal", tile };
  }
}
