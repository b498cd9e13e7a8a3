/**
 * The verifier on a command line, for tests: JSON Lines in, JSON Lines out.
 *
 * {"op": "play", "game", "table_hash", "server_seed", "client_seed", "nonce", "params", "choices",
 *  "stake", "scale", "most"} answers the round; {"op": "facts", …} the outcome in the vectors' names;
 * {"op": "crash", "scheme", "hash", "mixed", "ms"} the point, the hash before, and the growth;
 * {"op": "history", "text", "keys"} what does not hold; {"op": "round", "round"} what proves a round.
 */
import { createInterface } from "node:readline";

import { Refused } from "./contract";
import { SCHEMES, stepsTo } from "./crash";
import { facts, tableNameOf } from "./facts";
import { isBeaconSignature } from "./bls";
import { grown } from "./games/live";
import type { Fields } from "./json";
import { Audit, linesOf } from "./history";
import { play } from "./play";
import { currentTable, releaseOf } from "./published";
import { decimal } from "./ratio";
import { keysOf } from "./receipt";
import { crashRoundOf } from "./round";

type Line = {
  op: "play" | "facts" | "crash" | "history" | "round";
  text: string;
  keys: string;
  round: Fields;
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

function history(line: Line): unknown {
  const audit = new Audit(keysOf(line.keys));
  for (const one of linesOf(line.text)) audit.take(one);
  audit.finish();
  const wrong = audit.mismatches.map((one) => ({ line: one.line, bet_id: one.betId, why: one.why }));
  return { total: audit.total, receipts: audit.receipts, wrong };
}

function round(line: Line): unknown {
  const asked = crashRoundOf(line.round);
  const scheme = SCHEMES.find((one) => one.name === asked.scheme)!;
  return {
    scheme: asked.scheme,
    signed: isBeaconSignature(Number(asked.beaconRound), asked.signature, asked.beaconKey),
    steps: stepsTo(asked.end, asked.hash, Number(asked.number), scheme.next),
    number: Number(asked.number),
    point: decimal(scheme.point(asked.hash, asked.signature), 2),
    claimed: asked.claimed,
  };
}

function answer(line: Line): unknown {
  if (line.op === "history") return history(line);
  if (line.op === "round") return round(line);
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
