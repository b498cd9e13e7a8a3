import type { Component } from "svelte";

import type { Bet, Game } from "../api/client";
import type { IconName } from "../ui/icons";

export type Category = "instant" | "steps" | "live";
/** `fresh`: in the lobby's row of new games. */
type Entry = { icon: IconName; category: Category; fresh?: true };

/** Every game we can draw, in the order of the lobby. What is on offer, the server says. */
const ENTRIES: Record<string, Entry> = {
  crash: { icon: "crash", category: "live", fresh: true },
  plinko: { icon: "plinko", category: "instant", fresh: true },
  mines: { icon: "gem", category: "steps" },
  dice: { icon: "dice", category: "instant" },
  blackjack: { icon: "spade", category: "steps", fresh: true },
  roulette: { icon: "roulette", category: "instant", fresh: true },
  limbo: { icon: "rocket", category: "instant" },
  keno: { icon: "keno", category: "instant" },
  hilo: { icon: "hilo", category: "steps" },
  wheel: { icon: "wheel", category: "instant" },
  scarab: { icon: "scarab", category: "instant", fresh: true },
  baccarat: { icon: "cards", category: "instant" },
  dragontower: { icon: "tower", category: "steps", fresh: true },
  chicken: { icon: "chicken", category: "steps", fresh: true },
  videopoker: { icon: "poker", category: "steps" },
  pump: { icon: "balloon", category: "steps" },
  slide: { icon: "slide", category: "live", fresh: true },
  flip: { icon: "coin", category: "steps" },
  diamonds: { icon: "diamonds", category: "instant" },
  snakes: { icon: "snake", category: "steps" },
  drill: { icon: "drill", category: "instant" },
  cases: { icon: "case", category: "instant" },
  rps: { icon: "scissors", category: "steps" },
};

type Loader<P extends Record<string, unknown>> = () => Promise<{ default: Component<P> }>;

// A folder is a game: its board is found by its name, and fetched when it is first opened.
const games = import.meta.glob("./*/Game.svelte") as Record<string, Loader<{ game: Game }>>;
const pictures = import.meta.glob("./*/Result.svelte") as Record<string, Loader<{ bet: Bet }>>;

export const loadGame = (slug: string): Loader<{ game: Game }> | undefined => games[`./${slug}/Game.svelte`];
/** A settled bet as its board shows it. */
export const loadPicture = (slug: string): Loader<{ bet: Bet }> | undefined => pictures[`./${slug}/Result.svelte`];

export function iconOf(slug: string): IconName {
  return ENTRIES[slug]?.icon ?? "grid";
}

export function categoryOf(slug: string): Category {
  return ENTRIES[slug]?.category ?? "instant";
}

export const isFresh = (slug: string): boolean => ENTRIES[slug]?.fresh ?? false;

/** A game that has a board here. */
export const isKnown = (slug: string): boolean => loadGame(slug) !== undefined;

/** The games on offer that have a board, in the order of the lobby. */
export function playable(offered: readonly Game[]): Game[] {
  const order = Object.keys(ENTRIES);
  const place = (game: Game): number => (order.indexOf(game.slug) + order.length + 1) % (order.length + 1);
  return offered.filter((game) => isKnown(game.slug)).sort((a, b) => place(a) - place(b));
}
