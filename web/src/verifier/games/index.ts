/** Every game that this verifier plays again. */
import type { Game } from "../contract";
import { baccarat } from "./baccarat";
import { blackjack } from "./blackjack";
import { cases } from "./cases";
import { diamonds } from "./diamonds";
import { dice } from "./dice";
import { dragontower } from "./dragontower";
import { drill } from "./drill";
import { hilo } from "./hilo";
import { keno } from "./keno";
import { limbo } from "./limbo";
import { chicken, pump } from "./lowest";
import { mines } from "./mines";
import { plinko } from "./plinko";
import { roulette } from "./roulette";
import { scarab } from "./scarab";
import { snakes } from "./snakes";
import { flip, rps } from "./streaks";
import { videopoker } from "./videopoker";
import { wheel } from "./wheel";

const ALL: readonly Game[] = [
  ...[baccarat, blackjack, cases, chicken, diamonds, dice, dragontower, drill, flip, hilo, keno, limbo],
  ...[mines, plinko, pump, roulette, rps, scarab, snakes, videopoker, wheel],
];

export const GAMES: ReadonlyMap<string, Game> = new Map(ALL.map((game) => [game.slug, game]));
