import { fromWire, parseUnits, toDecimal } from "../../money/amounts";
import { scaleOf, shown } from "../../state/amounts.svelte";
import { config } from "../../state/config.svelte";
import { t } from "../../state/i18n.svelte";
import { session } from "../../state/session.svelte";

const FIRST_STAKE: Record<string, string> = { PLAY: "1", USDT: "1", ETH: "0.0005", BTC: "0.00002" };
/** What a visitor will hold once the first bet starts a guest. */
const PLAY_START = "1000";

/** The stake field of a board, in the selected currency. */
export class Stake {
  readonly game: string;
  private texts = $state<Record<string, string>>({});

  constructor(game: string) {
    this.game = game;
  }

  get currency(): string {
    return session.selected;
  }

  get text(): string {
    return this.texts[this.currency] ?? FIRST_STAKE[this.currency] ?? "0";
  }

  set text(value: string) {
    this.texts[this.currency] = value;
  }

  get scale(): number {
    return scaleOf(this.currency);
  }

  /** Units of the field; null while it holds no number. */
  get units(): bigint | null {
    return parseUnits(this.text, this.scale);
  }

  get available(): bigint {
    const balance = session.balance(this.currency);
    return fromWire(balance?.available ?? (session.player ? "0" : PLAY_START), this.scale);
  }

  private limit(which: "min" | "max"): bigint | null {
    const limits = config.game(this.game)?.limits[this.currency];
    return limits ? fromWire(limits[which], this.scale) : null;
  }

  /** What is wrong with the stake, for the player; undefined when it can be bet. */
  get problem(): string | undefined {
    return this.problemOf(this.units);
  }

  /** The same for another amount: all chips together. */
  problemOf(units: bigint | null): string | undefined {
    if (units === null) return t("stake.not_a_number", { n: this.scale });
    const least = this.limit("min") ?? 1n;
    const most = this.limit("max");
    if (units < least) return t("stake.too_low", { amount: `${toDecimal(least, this.scale)} ${this.currency}` });
    if (most !== null && units > most) return t("stake.too_high", { amount: `${toDecimal(most, this.scale)} ${this.currency}` });
    if (units > this.available) return t("stake.too_much");
    return undefined;
  }

  /** The least and the most that a stake may be now. */
  get range(): string | undefined {
    const least = this.limit("min");
    const most = this.limit("max");
    if (least === null || most === null || most < least) return undefined;
    return t("stake.range", { least: shown(least, this.currency, true), most: shown(most, this.currency, true), currency: this.currency });
  }

  set(units: bigint): void {
    this.text = toDecimal(units, this.scale);
  }

  half(): void {
    this.set(this.clamp((this.units ?? 0n) / 2n));
  }

  double(): void {
    this.set(this.clamp((this.units ?? 0n) * 2n));
  }

  max(): void {
    this.set(this.clamp(this.available));
  }

  private clamp(units: bigint): bigint {
    const most = this.limit("max");
    const least = this.limit("min") ?? 0n;
    const upper = most !== null && most < this.available ? most : this.available;
    const wanted = units > upper ? upper : units;
    return wanted < least ? least : wanted;
  }
}
