import { formatUnits, fromWire, placesFor, valueCents, type Separators } from "../money/amounts";
import { api } from "../api/client";
import { config } from "./config.svelte";
import { messages } from "./i18n.svelte";

const RATES_EVERY_MS = 30_000;

/** Prices in the reference currency, for the value beside every amount. */
class Rates {
  quotes = $state.raw<Record<string, string>>({});

  async load(): Promise<void> {
    this.quotes = (await api.rates()).quotes;
  }

  start(): void {
    const refresh = (): void => void this.load().catch(() => undefined);
    refresh();
    setInterval(refresh, RATES_EVERY_MS);
  }
}

export const rates = new Rates();

function separators(): Separators {
  return messages.language === "de" ? { group: ".", decimal: "," } : { group: ",", decimal: "." };
}

export function scaleOf(code: string): number {
  return config.currency(code)?.scale ?? 8;
}

/** Units for a person, in the currency's usual number of places, more when it is small. */
export function shown(units: bigint, code: string, exact = false): string {
  const scale = scaleOf(code);
  const usual = config.currency(code)?.display_decimals ?? 2;
  return formatUnits(units, scale, exact ? placesFor(units, scale, usual) : usual, separators());
}

/** Wire text for a person. */
export function shownWire(text: string, code: string, exact = false): string {
  return shown(fromWire(text, scaleOf(code)), code, exact);
}

/** Wire text as it is, in the language's signs: "0.001". */
export function plainWire(text: string): string {
  const { group, decimal } = separators();
  const [whole = "", fraction] = text.split(".");
  const grouped = whole.replace(/\B(?=(\d{3})+(?!\d))/g, group);
  return fraction ? `${grouped}${decimal}${fraction}` : grouped;
}

/** "$12.34", or null for play money and while no rate is known. */
export function fiat(units: bigint, code: string): string | null {
  const rate = rates.quotes[code];
  if (!rate || config.currency(code)?.kind !== "real") return null;
  const cents = valueCents(units, scaleOf(code), rate);
  if (cents === 0n && units !== 0n) return `<${money(1n)}`;
  return money(cents);
}

/** Cents in the brand's reference currency. */
function money(cents: bigint): string {
  const text = formatUnits(cents < 0n ? -cents : cents, 2, 2, separators());
  const sign = cents < 0n ? "−" : "";
  const symbol = config.current?.brand.reference_currency === "EUR" ? "€" : "$";
  return messages.language === "de" ? `${sign}${text} ${symbol}` : `${sign}${symbol}${text}`;
}

const REFERENCE_SCALE = 6;

/** Wire text of the reference currency (six decimals) as money: "$12.34"; rounded towards zero, or up. */
export function referenceMoney(text: string, up = false): string {
  return money((fromWire(text, REFERENCE_SCALE) + (up ? 9_999n : 0n)) / 10_000n);
}

/** A multiplier in ten-thousandths for a person: "1.98×", "9.9000×". */
export function times(tenThousandths: bigint, places = 2): string {
  return `${formatUnits(tenThousandths, 4, places, separators())}×`;
}

/** A percentage given in hundredths, without its sign. */
export function percentText(hundredths: bigint): string {
  return formatUnits(hundredths, 2, 2, separators());
}
