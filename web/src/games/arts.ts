import type { Component } from "svelte";

/** The drawings of all games, one file of the app, fetched after the lobby stands. */
const found = import.meta.glob("./*/Art.svelte", { eager: true }) as Record<string, { default: Component }>;

export const arts: Record<string, Component> = Object.fromEntries(
  Object.entries(found).map(([path, { default: art }]) => [path.split("/")[1]!, art]),
);
