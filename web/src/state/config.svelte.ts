import { hueOf } from "../ui/colour";
import { api, type Currency, type ChainOption, type Config, type Game, type Theme } from "../api/client";

/** Whether bets may follow by themselves, and whether animation may be skipped. */
export type Pace = { autoplay: boolean; turbo: boolean };

/** What the server says about the brand; loaded once before the first screen. */
class ConfigState {
  current = $state.raw<Config | null>(null);
  /** Server clock minus ours, so that ids are never made in the server's future. */
  private offsetMs = 0;

  async load(): Promise<void> {
    const asked = Date.now();
    const config = await api.config();
    this.offsetMs = Date.parse(config.now) - (asked + Date.now()) / 2;
    this.accept(config);
  }

  accept(config: Config): void {
    this.current = config;
    document.title = config.brand.name;
    paint(config.theme);
  }

  /** Unix milliseconds of the server's clock, a little behind rather than ahead. */
  now(): number {
    return Date.now() + this.offsetMs - 50;
  }

  get brandName(): string {
    return this.current?.brand.name ?? "";
  }

  /** What the jurisdiction allows; the server holds it too. */
  get pace(): Pace {
    return this.current?.play ?? { autoplay: true, turbo: true };
  }

  /** The least time between the starts of two rounds of a game; 0: none is set. */
  roundMs(slug: string): number {
    return this.game(slug)?.round_ms ?? 0;
  }

  currency(code: string): Currency | undefined {
    return this.current?.currencies.find((item) => item.code === code);
  }

  game(slug: string): Game | undefined {
    return this.current?.games.find((item) => item.slug === slug);
  }

  chain(asset: string): { currency: Currency; option: ChainOption } | undefined {
    for (const currency of this.current?.currencies ?? []) {
      const option = currency.chains.find((chain) => chain.asset === asset);
      if (option) return { currency, option };
    }
    return undefined;
  }
}

/** The brand's colours as custom properties; style sheets derive the rest. */
function paint(theme: Theme): void {
  const style = document.documentElement.style;
  style.setProperty("--accent", theme.accent);
  style.setProperty("--on-accent", theme.accent_ink);
  style.setProperty("--hue", String(hueOf(theme.ground)));
}

export const config = new ConfigState();
