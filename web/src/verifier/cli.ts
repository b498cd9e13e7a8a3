/**
 * The verifier on a command line, for tests: JSON Lines in, JSON Lines out.
 *
 * {"op": "play", "game", "table_hash", "server_seed", "client_seed", "nonce", "params", "choices",
 *  "stake", "scale", "most"} answers the round; {"op": "facts", …} the outcome in the vectors' names.
 */
import { createInterface } from "node:readline";

import { Refused } from "./contract";
import { facts, tableNameOf } from "./facts";
import type { Fields } from "./json";
import { play } from "./play";
import { currentTable, releaseOf } from "./published";

type Line = {
  op: "play" | "facts";
  game: string;
  table_hash: string;
  server_seed: string;
  client_seed: string;
  nonce: number;
  params: Fields;
  choices: Fields[];
  stake: string;
  scale: number;
  most: string | null;
};

function answer(line: Line): unknown {
  const seeds = { serverSeed: line.server_seed, clientSeed: line.client_seed, nonce: line.nonce };
  if (line.op === "facts") return facts({ game: line.game, ...seeds, params: line.params }, currentTable(tableNameOf(line.game)));
  const release = releaseOf(line.table_hash);
  if (!release) return { unknown: "table_hash" };
  const stake = { units: BigInt(line.stake), scale: line.scale, most: line.most === null ? null : BigInt(line.most) };
  const { result, draws } = play({ game: line.game, table: release.table, ...seeds, params: line.params, choices: line.choices, stake });
  const { shown, staked } = result;
  const paid = result.ended ? { payout: String(result.payout) } : { worth: String(result.worth) };
  return { ended: result.ended, staked: String(staked), ...paid, shown, draws: draws.length };
}

function answered(text: string): unknown {
  try {
    return answer(JSON.parse(text) as Line);
  } catch (error) {
    if (error instanceof Refused) return { refused: error.field };
    return { failed: String(error) };
  }
}

for await (const text of createInterface({ input: process.stdin, crlfDelay: Infinity })) {
  if (text) process.stdout.write(`${JSON.stringify(answered(text))}\n`);
}
