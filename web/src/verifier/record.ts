/** A bet as exported, shown by the app, or printed on a receipt: docs/fairness/history-format.md. */
import { isFields, type Fields, type Json } from "./json";

export type BetRecord = {
  bet_id: string;
  game: string;
  game_version: string;
  table_hash: string;
  currency: string;
  /** All that was staked, and what opened the round. */
  stake: string;
  opening_stake: string;
  payout: string;
  multiplier: string;
  state: string;
  params: Fields;
  choices: readonly Fields[];
  outcome: Fields;
  seed_pair_id: string;
  server_seed: string | null;
  server_seed_hash: string;
  client_seed: string;
  nonce: number;
  at: string;
  closed_at: string | null;
  receipt_key: string | null;
  receipt_signature: string | null;
  /** What proves the round of a bet on crash or slide. */
  round_proof: Fields | null;
};

export const COLUMNS = [
  ...["bet_id", "game", "game_version", "table_hash", "currency", "stake", "opening_stake", "payout", "multiplier", "state"],
  ...["params", "choices", "outcome", "seed_pair_id", "server_seed", "server_seed_hash", "client_seed", "nonce"],
  ...["at", "closed_at", "receipt_key", "receipt_signature", "round_proof"],
] as const;
export const JSON_COLUMNS = ["params", "choices", "outcome", "round_proof"];
/** Exports of before 23 November 2026 have it not. */
const LATER = "round_proof";

/** What a line lacks to be a bet. */
export class NoBet extends Error {}

const text = (fields: Fields, name: string): string => (typeof fields[name] === "string" ? fields[name] : "");
const textOrNull = (fields: Fields, name: string): string | null => text(fields, name) || null;

/** A bet from JSON: a line of an export, or the answer of GET /v1/bets/{id} ({bet, server_seed}). */
export function recordOf(value: Json): BetRecord {
  if (!isFields(value)) throw new NoBet("this is no bet");
  const inner = value["bet"];
  const bet = isFields(inner) ? { ...inner, server_seed: value["server_seed"] ?? null, round_proof: value["round_proof"] ?? null } : value;
  const outcome = isFields(bet["outcome"]) ? bet["outcome"] : {};
  const { choices: taken, ...shown } = outcome;
  const choices = bet["choices"] ?? taken ?? [];
  if (!text(bet, "game") || typeof bet["nonce"] !== "number") throw new NoBet("a bet has at least a game and a nonce");
  const stake = text(bet, "stake");
  const proof = bet["round_proof"] ?? null;
  if (proof !== null && !isFields(proof)) throw new NoBet("round_proof is no object");
  return {
    bet_id: text(bet, "bet_id") || text(bet, "id"),
    game: text(bet, "game"),
    game_version: text(bet, "game_version"),
    table_hash: text(bet, "table_hash"),
    currency: text(bet, "currency"),
    stake,
    opening_stake: text(bet, "opening_stake") || stake,
    payout: text(bet, "payout"),
    multiplier: text(bet, "multiplier"),
    state: text(bet, "state") || "settled",
    params: isFields(bet["params"]) ? bet["params"] : {},
    choices: Array.isArray(choices) ? (choices as readonly Fields[]) : [],
    outcome: shown,
    seed_pair_id: text(bet, "seed_pair_id"),
    server_seed: textOrNull(bet, "server_seed"),
    server_seed_hash: text(bet, "server_seed_hash"),
    client_seed: text(bet, "client_seed"),
    nonce: bet["nonce"],
    at: text(bet, "at"),
    closed_at: textOrNull(bet, "closed_at"),
    receipt_key: textOrNull(bet, "receipt_key"),
    receipt_signature: textOrNull(bet, "receipt_signature"),
    round_proof: proof,
  };
}

/** The first column that a line of an export lacks. */
export function missing(fields: Fields): string | null {
  return COLUMNS.find((name) => name !== LATER && !(name in fields)) ?? null;
}
