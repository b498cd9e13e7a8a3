/**
 * The verifier on a command line, for tests: JSON Lines in, JSON Lines out.
 *
 * {"op": "play", "game", "table_hash", "server_seed", "client_seed", "nonce", "params", "choices",
 *  "stake", "scale", "most"} answers the round; {"op": "facts", …} the outcome in the vectors' names;
 * {"op": "crash", "scheme", "hash", "mixed", "ms"} the point, the hash before, and the growth.
 */
import { createInterface } from "node:readline";

import { Refused } from "./contract";
import { SCHEMES } from "./crash";
import { facts, tableNameOf } from "./facts";
import { grown } from "./games/live";
import type { Fields } from "./json";
import { play } from "./play";
import { currentTable, releaseOf } from "./published";

type Line = {
  op: "play" | "facts" | "crash";
  scheme: string;
  hash: string;
  mixed: string;
  ms: number;
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

function crash(line: Line): unknown {
  const scheme = SCHEMES.find((one) => one.name === line.scheme)!;
  return { point: Number(scheme.point(line.hash, line.mixed)), before: scheme.next(line.hash), grown: Number(grown(line.ms)) };
}

function answer(line: Line): unknown {
  if (line.op === "crash") return crash(line);
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
