import { toDecimal } from "../../money/amounts";
import type { Play } from "../kit/play.svelte";
import { sound } from "../kit/sound.svelte";

const MOST_OF_ONE = 1_000;

type Placed<P extends string> = Readonly<Partial<Record<P, number>>>;

/** Chips on the places of a table, each worth the stake field; all together are the stake of a bet. */
export class Chips<P extends string> {
  /** How many lie on each place. */
  on = $state.raw({} as Placed<P>);
  private before: Placed<P>[] = [];

  constructor(private readonly play: () => Play) {}

  get count(): number {
    return Object.values<number | undefined>(this.on).reduce<number>((sum, count) => sum + (count ?? 0), 0);
  }

  /** Units of so many chips. */
  worth(count: number): bigint {
    return (this.play().stake.units ?? 0n) * BigInt(count);
  }

  get total(): bigint {
    return this.worth(this.count);
  }

  /** What is wrong with a chip, or with all of them together. */
  get problem(): string | undefined {
    const { stake } = this.play();
    return stake.problem ?? (this.count > 0 ? stake.problemOf(this.total) : undefined);
  }

  get unready(): boolean {
    return this.count === 0 || this.problem !== undefined;
  }

  get fixed(): boolean {
    return this.play().locked || this.play().busy;
  }

  /** Each place with what lies on it, as it is sent. */
  get amounts(): [place: string, amount: string][] {
    const { scale } = this.play().stake;
    return Object.entries<number | undefined>(this.on).map(([place, count]) => [place, toDecimal(this.worth(count ?? 0), scale)]);
  }

  put(place: P, by = 1): void {
    if (this.fixed) return;
    const count = Math.min(MOST_OF_ONE, Math.max(0, (this.on[place] ?? 0) + by));
    this.change({ ...this.on, [place]: count });
    sound.play("chip");
  }

  double(): void {
    if (!this.fixed) this.change(Object.fromEntries(Object.entries<number | undefined>(this.on).map(([place, count]) => [place, Math.min(MOST_OF_ONE, (count ?? 0) * 2)])) as Placed<P>);
  }

  clear(): void {
    if (!this.fixed) this.change({} as Placed<P>);
  }

  undo(): void {
    if (!this.fixed) this.on = this.before.pop() ?? this.on;
  }

  private change(chips: Placed<P>): void {
    this.before.push(this.on);
    this.on = Object.fromEntries(Object.entries(chips).filter(([, count]) => count !== 0)) as Placed<P>;
  }
}
