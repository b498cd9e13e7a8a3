/**
 * Amounts are bigint units of a currency's ledger scale; text only at the edges.
 * No function here makes a JavaScript float of an amount.
 */

const DECIMAL = /^(0|[1-9][0-9]*)?(?:\.([0-9]*))?$/;

/** Decimal text ("1.25", also "1,25") to units; null when it is no such number or too precise. */
export function parseUnits(text: string, scale: number): bigint | null {
  const plain = text.trim().replace(",", ".");
  const found = DECIMAL.exec(plain);
  if (!found || plain === "" || plain === ".") return null;
  const fraction = found[2] ?? "";
  if (fraction.length > scale && /[1-9]/.test(fraction.slice(scale))) return null;
  return BigInt(found[1] ?? "0") * 10n ** BigInt(scale) + BigInt(fraction.slice(0, scale).padEnd(scale, "0") || "0");
}

/** Units to plain decimal text as the wire has it: 1250000n at scale 6 is "1.25". */
export function toDecimal(units: bigint, scale: number): string {
  const sign = units < 0n ? "-" : "";
  const digits = (units < 0n ? -units : units).toString().padStart(scale + 1, "0");
  const whole = digits.slice(0, digits.length - scale);
  const fraction = digits.slice(digits.length - scale).replace(/0+$/, "");
  return fraction ? `${sign}${whole}.${fraction}` : `${sign}${whole}`;
}

/** Wire text to units; a broken text from the server is a defect and throws. */
export function fromWire(text: string, scale: number): bigint {
  const negative = text.startsWith("-");
  const units = parseUnits(negative ? text.slice(1) : text, scale);
  if (units === null) throw new Error(`not an amount of scale ${scale}: ${text}`);
  return negative ? -units : units;
}

export type Separators = { group: string; decimal: string };

/**
 * Units for a person: grouped, with exactly `decimals` places, rounded towards zero so that a
 * screen never shows more than there is.
 */
export function formatUnits(
  units: bigint,
  scale: number,
  decimals: number,
  { group, decimal }: Separators = { group: ",", decimal: "." },
): string {
  const sign = units < 0n ? "−" : "";
  const digits = (units < 0n ? -units : units).toString().padStart(scale + 1, "0");
  const whole = digits.slice(0, digits.length - scale).replace(/\B(?=(\d{3})+(?!\d))/g, group);
  const fraction = digits.slice(digits.length - scale).slice(0, decimals).padEnd(decimals, "0");
  return decimals > 0 ? `${sign}${whole}${decimal}${fraction}` : `${sign}${whole}`;
}

/** How many places to show so that a small amount does not read as zero. */
export function placesFor(units: bigint, scale: number, shown: number): number {
  if (units === 0n) return shown;
  const places = scale - (units < 0n ? -units : units).toString().length + 1;
  return Math.min(scale, Math.max(shown, places));
}

/** The value in the reference currency (scale 2), rounded down, at a decimal rate text. */
export function valueCents(units: bigint, scale: number, rate: string): bigint {
  const rateScale = 12;
  const rateUnits = parseUnits(rate.slice(0, rate.indexOf(".") < 0 ? undefined : rate.indexOf(".") + 1 + rateScale), rateScale) ?? 0n;
  return (units * rateUnits) / 10n ** BigInt(scale + rateScale - 2);
}

/** `units` grown by a percentage given as text ("12.5"), rounded down. */
export function grow(units: bigint, percent: string): bigint {
  const hundredths = parseUnits(percent, 2) ?? 0n;
  return (units * (10_000n + hundredths)) / 10_000n;
}
