import type { Bet } from "../../api/client";
import { chanceOf, targetFor, type Direction } from "../../verifier/games/dice";
import { formatUnits, fromWire, parseUnits } from "../../money/amounts";
import { Instant } from "../kit/instant.svelte";
import { Table } from "../kit/table.svelte";
import { motion } from "../kit/motion.svelte";

/** Chances a bet may have, in hundredths of a percent. */
const CHANCE_MIN = 1;
const CHANCE_MAX = 9_800;
const SHOW_MS = 260;
/** What a stake returns times its chance, in basis points, until the table says otherwise. */
const RETURN_BP = 9_900;

/** Hundredths as plain text: 5,050 is "50.50". */
export const plain = (hundredths: number): string => formatUnits(BigInt(hundredths), 2, 2, { group: "", decimal: "." });

/** What the player set: target and side, and the chance and multiplier that follow from them. */
export class Dice {
  direction = $state<Direction>("over");
  /** Hundredths: 5,050 is 50.50. */
  target = $state(5_050);
  private table = new Table<{ return_hundredths: number; chance_max: number }>("dice");
  readonly play: Instant = new Instant({
    slug: "dice",
    params: () => ({ target: plain(this.target), direction: this.direction }),
    show: () => motion.wait(SHOW_MS),
  });

  private get returnBp(): bigint {
    return BigInt(this.table.data?.return_hundredths ?? RETURN_BP);
  }

  get chance(): number {
    return chanceOf(this.target, this.direction);
  }

  set chance(value: number) {
    const chance = Math.min(this.table.data?.chance_max ?? CHANCE_MAX, Math.max(CHANCE_MIN, Math.round(value)));
    this.target = targetFor(chance, this.direction);
  }

  get multiplier(): bigint {
    return (this.returnBp * 10_000n) / BigInt(this.chance);
  }

  setMultiplier(text: string): void {
    const units = parseUnits(text, 4);
    if (units !== null && units > 0n) this.chance = Number((this.returnBp * 10_000n) / units);
  }

  setTarget(hundredths: number): void {
    this.chance = chanceOf(Math.round(hundredths), this.direction);
  }

  /** Over 50.50 becomes under 49.50: the same chance on the other side. */
  flip(): void {
    const chance = this.chance;
    this.direction = this.direction === "over" ? "under" : "over";
    this.target = targetFor(chance, this.direction);
  }

  get profit(): bigint {
    const stake = this.play.stake.units ?? 0n;
    return (stake * this.returnBp) / BigInt(this.chance) - stake;
  }
}

/** The roll of a dice bet in hundredths. */
export function rollOfBet(bet: Bet): number {
  const roll = (bet.outcome as Record<string, unknown> | null)?.["roll"];
  return roll === undefined ? 0 : Number(fromWire(String(roll), 2));
}
