/** Exact fractions: what a stake is multiplied with. */

export type Ratio = { readonly n: bigint; readonly d: bigint };

export const NOTHING: Ratio = { n: 0n, d: 1n };
export const ONE: Ratio = { n: 1n, d: 1n };

const SHOWN_DECIMALS = 4;

export function ratio(n: bigint | number, d: bigint | number = 1): Ratio {
  return { n: BigInt(n), d: BigInt(d) };
}

export function times(a: Ratio, b: Ratio): Ratio {
  return { n: a.n * b.n, d: a.d * b.d };
}

export function plus(a: Ratio, b: Ratio): Ratio {
  return { n: a.n * b.d + b.n * a.d, d: a.d * b.d };
}

/** What a stake comes back as, rounded down to the ledger unit, once. */
export function payoutOf(stake: bigint, multiplier: Ratio): bigint {
  return (stake * multiplier.n) / multiplier.d;
}

/** floor(ratio * 10^decimals). */
export function floored(value: Ratio, decimals: number): bigint {
  return (value.n * 10n ** BigInt(decimals)) / value.d;
}

/** Rounded down to cents, as the field rounds its multipliers. */
export function inCents(value: Ratio): Ratio {
  return { n: floored(value, 2), d: 100n };
}

/** "1.9800": as shown, four decimals, rounded down. Money never uses this text. */
export function shown(value: Ratio, decimals: number = SHOWN_DECIMALS): string {
  return decimal(floored(value, decimals), decimals);
}

/** Units of a scale as decimal text: 5050 at scale 2 is "50.50". */
export function decimal(units: bigint | number, scale: number): string {
  const whole = BigInt(units);
  const text = (whole < 0n ? -whole : whole).toString().padStart(scale + 1, "0");
  const cut = text.length - scale;
  return `${whole < 0n ? "-" : ""}${text.slice(0, cut)}${scale > 0 ? `.${text.slice(cut)}` : ""}`;
}

/** The same without zeros at the end: "0.005", "3". */
export function trimmed(units: bigint, scale: number): string {
  const text = decimal(units, scale);
  return text.includes(".") ? text.replace(/\.?0+$/, "") : text;
}

const DECIMAL = /^(0|[1-9][0-9]*)(?:\.([0-9]+))?$/;

/** Decimal text as units of a scale; null when it is none, or has more decimals than the scale. */
export function units(text: string, scale: number): bigint | null {
  const found = DECIMAL.exec(text);
  if (!found) return null;
  const fraction = found[2] ?? "";
  if (/[1-9]/.test(fraction.slice(scale))) return null;
  return BigInt(found[1]! + fraction.slice(0, scale).padEnd(scale, "0"));
}

/** A JSON number or decimal text as the fraction that its digits say: 0.97000001 is 97000001/10^8. */
export function exact(value: number | string): Ratio {
  const text = typeof value === "number" ? plain(value) : value;
  const found = DECIMAL.exec(text);
  if (!found) throw new RangeError(`${text} is no plain decimal number`);
  const fraction = found[2] ?? "";
  return { n: BigInt(found[1]! + fraction), d: 10n ** BigInt(fraction.length) };
}

function plain(value: number): string {
  const text = String(value);
  return text.includes("e-") ? value.toFixed(Number(text.split("e-")[1]) + 15).replace(/0+$/, "") : text;
}
