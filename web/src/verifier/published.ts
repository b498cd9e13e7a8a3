/**
 * The tables as published: data that decides money, each under the hash that stands on the bets made
 * with it. `published.json` is what GET /v1/games/{slug}/table answers, for every release ever.
 */
import { tableHash, type Fields } from "./json";
import all from "./published.json";

export type Release = {
  game: string;
  name: string;
  version: string;
  variant: string;
  /** Played now where nothing else is chosen. */
  usual: boolean;
  table_hash: string;
  table: Fields;
};

export const RELEASES = all.releases as unknown as readonly Release[];

/** Decimals of each currency's ledger unit. */
export const SCALES: Readonly<Record<string, number>> = all.scales;

/** Tables handed over by hand (from the casino's published address), by their hash. */
const handed = new Map<string, Release>();

/** The release whose table has this hash; the hash is computed again, never believed. */
export function releaseOf(hash: string): Release | null {
  const found = handed.get(hash) ?? RELEASES.find((release) => release.table_hash === hash);
  return found && tableHash(found.version, found.table) === hash ? found : null;
}

/** What a game is called. */
export function nameOf(game: string): string {
  return RELEASES.find((release) => release.game === game)?.name ?? game.slice(0, 1).toUpperCase() + game.slice(1);
}

/** Take a published table that this copy does not know. Returns its release under its true hash. */
export function accept(game: string, version: string, table: Fields): Release {
  const hash = tableHash(version, table);
  const release = { game, name: nameOf(game), version, variant: "", usual: false, table_hash: hash, table };
  handed.set(hash, release);
  return release;
}

export function usualRelease(game: string): Release | null {
  return RELEASES.find((release) => release.game === game && release.usual) ?? null;
}

/** The table of a game as it is played now; an empty one for what has none. */
export function currentTable(game: string): Fields {
  return usualRelease(game)?.table ?? {};
}
