import type { Bet } from "../../api/client";
import { Chips } from "../boards/chips.svelte";
import { Instant } from "../kit/instant.svelte";
import { motion } from "../kit/motion.svelte";
import { sound } from "../kit/sound.svelte";
import { outcomeOf } from "../kit/steps.svelte";
import { Table } from "../kit/table.svelte";

export const SPOTS = ["player", "tie", "banker"] as const;
export type Spot = (typeof SPOTS)[number];
export type Side = "player" | "banker";
export type Coup = { player: readonly string[]; banker: readonly string[]; playerTotal: number; bankerTotal: number; winner: Spot };

const CARD_MS = 300;
const LAST_MS = 420;

export function coupOf(bet: Bet): Coup {
  const outcome = outcomeOf(bet);
  return {
    player: (outcome["player"] ?? []) as string[],
    banker: (outcome["banker"] ?? []) as string[],
    playerTotal: Number(outcome["player_total"] ?? 0),
    bankerTotal: Number(outcome["banker_total"] ?? 0),
    winner: String(outcome["winner"] ?? "tie") as Spot,
  };
}

/** Tens and faces count nothing, an ace one; only the last digit stays. */
export function totalOf(cards: readonly string[]): number {
  const values = cards.map((card) => ({ A: 1, J: 0, Q: 0, K: 0 })[card.slice(0, -1)] ?? Number(card.slice(0, -1)));
  return values.reduce((sum, value) => sum + value, 0) % 10;
}

/** How many cards lie on either side, in the order they are dealt. */
function orderOf({ player, banker }: Coup): { player: number; banker: number }[] {
  const order = [{ player: 0, banker: 0 }, { player: 1, banker: 0 }, { player: 1, banker: 1 }, { player: 2, banker: 1 }, { player: 2, banker: 2 }];
  if (player.length === 3) order.push({ player: 3, banker: 2 });
  if (banker.length === 3) order.push({ player: player.length, banker: 3 });
  return order;
}

export class Baccarat {
  readonly chips: Chips<Spot> = new Chips(() => this.play);
  /** Cards seen so far of the newest coup. */
  private laid = $state.raw<{ player: number; banker: number } | null>(null);
  private table = new Table<{ returns: Record<Spot, Record<string, string>> }>("baccarat");
  readonly play: Instant = new Instant({
    slug: "baccarat",
    params: () => ({ bets: Object.fromEntries(this.chips.amounts) }),
    units: () => this.chips.total,
    unready: () => this.chips.unready,
    show: (bet) => this.deal(bet),
  });

  /** What a chip brings back when its spot wins, the chip included, as its text; empty until the table came. */
  pays(spot: Spot): string {
    return this.table.data?.returns[spot][spot] ?? "";
  }

  /** Cards of a side that lie on the table. */
  cards(side: Side): readonly string[] {
    if (!this.play.last) return [];
    const all = coupOf(this.play.last)[side];
    return this.laid ? all.slice(0, this.laid[side]) : all;
  }

  private async deal(bet: Bet): Promise<void> {
    if (motion.off) return;
    try {
      for (const laid of orderOf(coupOf(bet))) {
        this.laid = laid;
        if (laid.player === 0) continue;
        sound.play("card", 1 + (laid.player + laid.banker) / 24);
        await motion.wait(CARD_MS);
      }
      await motion.wait(LAST_MS);
    } finally {
      this.laid = null;
    }
  }
}
