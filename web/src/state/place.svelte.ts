import { api, type Place } from "../api/client";

export type Entry = "registration" | "login" | "deposit" | "bet";

/** What may be done from where the player seems to be; asked once, and again when something was refused for it. */
class PlaceState {
  current = $state.raw<Place | null>(null);

  async load(): Promise<void> {
    this.current = await api.place();
  }

  /** Why something is refused here; null when it is not. */
  why(entry: Entry): string | null {
    return this.current?.refused[entry] ?? null;
  }

  /** Whether anything is refused here. */
  get limited(): boolean {
    return Object.keys(this.current?.refused ?? {}).length > 0;
  }
}

export const place = new PlaceState();

/** Codes of refusals that speak of the place. */
export const PLACE_CODES: ReadonlySet<string> = new Set(["country_blocked", "network_refused", "location_unknown"]);
