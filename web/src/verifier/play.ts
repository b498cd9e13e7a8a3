import { Refused, type Result, type Stake } from "./contract";
import { GAMES } from "./games";
import type { Fields } from "./json";
import { Reader, Stream, type Draw, type Round } from "./stream";

/** A bet as it was asked for: everything its outcome follows from. */
export type Asked = {
  game: string;
  table: Fields;
  serverSeed: string;
  clientSeed: string;
  nonce: number;
  params: Fields;
  choices: readonly Fields[];
  stake: Stake;
};

/** The bet played again, with every step in between. */
export type Played = { result: Result; rounds: readonly Round[]; draws: readonly Draw[] };

/** Play a bet again. Throws Refused for a game, parameter or choice that it does not know. */
export function play(asked: Asked): Played {
  const game = GAMES.get(asked.game);
  if (!game) throw new Refused("game", `this verifier does not know ${asked.game}`);
  const stream = new Stream(asked.serverSeed, asked.clientSeed, asked.nonce);
  const reader = new Reader(stream);
  const result = game.play(reader, asked.params, asked.stake, asked.choices, asked.table);
  return { result, rounds: stream.rounds, draws: reader.draws };
}
