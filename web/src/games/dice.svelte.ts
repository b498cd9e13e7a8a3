import { api, type Bet } from "../api/client";
import { chanceForMultiplier, chanceOf, multiplierOf, payoutOf, targetFor, type Direction } from "../fairness/dice";
import { newId } from "../money/ids";
import { formatUnits, fromWire, parseUnits } from "../money/amounts";
import { config } from "../state/config.svelte";
import { live } from "../state/live.svelte";
import { session } from "../state/session.svelte";
import { Autobet } from "./autobet.svelte";
import { Stake } from "./stake.svelte";
import { stats } from "./stats.svelte";

/** Chances a bet may have, in hundredths of a percent. */
const CHANCE_MIN = 1;
const CHANCE_MAX = 9_800;
const RESULTS_MOST = 14;

/** The dice board: what the player set, the last bet, and how to place the next one. */
export class Dice {
  stake = new Stake("dice");
  direction = $state<Direction>("over");
  /** Hundredths: 5,050 is 50.50. */
  target = $state(5_050);
  betting = $state(false);
  last = $state.raw<Bet | null>(null);
  results = $state.raw<Bet[]>([]);
  auto = new Autobet(this.stake, () => this.place());

  get chance(): number {
    return chanceOf(this.target, this.direction);
  }

  set chance(value: number) {
    const chance = Math.min(CHANCE_MAX, Math.max(CHANCE_MIN, Math.round(value)));
    this.target = targetFor(chance, this.direction);
  }

  get multiplier(): bigint {
    return multiplierOf(this.chance);
  }

  setMultiplier(text: string): void {
    const units = parseUnits(text, 4);
    if (units !== null && units > 0n) this.chance = chanceForMultiplier(units);
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
    const stake = this.stake.units ?? 0n;
    return payoutOf(stake, this.chance) - stake;
  }

  /** One bet. Throws what the server refused with. */
  async place(): Promise<Bet> {
    await session.needPlayer();
    const bet = await api.dice({
      id: newId("bet", config.now()),
      currency: this.stake.currency,
      stake: formatUnits(this.stake.units ?? 0n, this.stake.scale, this.stake.scale, { group: "", decimal: "." }),
      target: formatUnits(BigInt(this.target), 2, 2, { group: "", decimal: "." }),
      direction: this.direction,
    });
    if (bet.balance_after !== null) session.acceptBalance({ currency: bet.currency, available: bet.balance_after });
    this.last = bet;
    this.results = [...this.results, bet].slice(-RESULTS_MOST);
    live.addMine(bet);
    stats.add(bet);
    return bet;
  }
}

/** The roll of a dice bet in hundredths. */
export function rollOfBet(bet: Bet): number {
  const roll = (bet.outcome as Record<string, unknown> | null)?.["roll"];
  return roll === undefined ? 0 : Number(fromWire(String(roll), 2));
}
