/** A whole exported history, as CSV or JSON Lines: every bet, and what the bets say together. */
import { check, type Verdict } from "./check";
import type { Fields, Json } from "./json";
import { COLUMNS, JSON_COLUMNS, missing, NoBet, recordOf, type BetRecord } from "./record";
import type { Keys } from "./receipt";

export type Line = { number: number; bet: BetRecord | null; problem: string | null };

/** Fields of each row by RFC 4180: quoted cells hold commas, line ends and doubled quotes. */
export function* csvRows(text: string): Generator<string[]> {
  let row: string[] = [];
  let at = 0;
  while (at < text.length) {
    const quoted = text[at] === '"';
    const [cell, end] = quoted ? quotedCell(text, at + 1) : plainCell(text, at);
    row.push(cell);
    at = end;
    if (text[at] === ",") {
      at += 1;
      if (at === text.length) row.push("");
      continue;
    }
    if (at < text.length && text[at] !== "\r" && text[at] !== "\n") throw new NoBet("a quoted cell goes on after its quote");
    at += text.startsWith("\r\n", at) ? 2 : 1;
    yield row;
    row = [];
  }
  if (row.length > 0) yield row;
}

function quotedCell(text: string, start: number): [string, number] {
  let cell = "";
  let at = start;
  for (;;) {
    const end = text.indexOf('"', at);
    if (end < 0) throw new NoBet("a quoted cell has no end");
    cell += text.slice(at, end);
    if (text[end + 1] !== '"') return [cell, end + 1];
    cell += '"';
    at = end + 2;
  }
}

function plainCell(text: string, start: number): [string, number] {
  let end = start;
  while (end < text.length && text[end] !== "," && text[end] !== "\n" && text[end] !== "\r") end += 1;
  return [text.slice(start, end), end];
}

function cellValue(name: string, cell: string): Json {
  if (JSON_COLUMNS.includes(name)) return cell === "" ? null : (JSON.parse(cell) as Json);
  if (name === "nonce") return Number(cell);
  return cell === "" ? null : cell;
}

function read(number: number, parse: () => Fields): Line {
  try {
    const fields = parse();
    const lacks = missing(fields);
    if (lacks !== null) throw new NoBet(`column ${lacks} is missing`);
    return { number, bet: recordOf(fields), problem: null };
  } catch (error) {
    return { number, bet: null, problem: error instanceof Error ? error.message : String(error) };
  }
}

function* csvLines(text: string): Generator<Line> {
  const rows = csvRows(text);
  const header = (rows.next().value as string[] | undefined) ?? [];
  let number = 1;
  try {
    for (const row of rows) {
      number += 1;
      if (row.length === 1 && row[0] === "") continue;
      yield read(number, () => {
        if (row.length !== header.length) throw new NoBet(`${row.length} cells instead of ${header.length}`);
        return Object.fromEntries(header.map((name, index) => [name, cellValue(name, row[index]!)]));
      });
    }
  } catch (error) {
    // A quote that is not closed: nothing after it can be told apart any more.
    if (!(error instanceof NoBet)) throw error;
    yield { number: number + 1, bet: null, problem: error.message };
  }
}

function* jsonLines(text: string): Generator<Line> {
  for (const [index, line] of text.split("\n").entries()) {
    if (line.trim() !== "") yield read(index + 1, () => JSON.parse(line) as Fields);
  }
}

/** The bets of an export in either format; a line that is none says why. */
export function linesOf(text: string): Generator<Line> {
  const body = text.startsWith("\ufeff") ? text.slice(1) : text;
  return body.split("\n", 1)[0]!.includes(`${COLUMNS[0]},`) ? csvLines(body) : jsonLines(body);
}

export function looksLikeHistory(text: string): boolean {
  const first = text.replace(/^\ufeff/, "").split(/\r?\n/, 1)[0]!;
  return COLUMNS.slice(0, 4).every((name) => first.includes(name));
}

export type Mismatch = { line: number; betId: string; game: string; why: string; verdict: Verdict | null };
export type Sums = { bets: number; proven: number; wrong: number; unproven: number };

/** Checks one line after the other, and that each pair's nonces run 0, 1, 2 … under one promise. */
export class Audit {
  readonly games = new Map<string, Sums>();
  readonly total: Sums = { bets: 0, proven: 0, wrong: 0, unproven: 0 };
  readonly mismatches: Mismatch[] = [];
  receipts = { good: 0, unknown: 0, none: 0 };
  /** For each pair what it promised, and which nonces were seen. */
  private readonly pairs = new Map<string, { hash: string; client: string; nonces: Set<number>; most: number; line: number }>();

  constructor(private readonly keys: Keys) {}

  take(line: Line): void {
    if (line.bet === null) {
      this.add("", "wrong");
      this.mismatches.push({ line: line.number, betId: "", game: "", why: line.problem ?? "no bet", verdict: null });
      return;
    }
    const { bet } = line;
    const verdict = check(bet, this.keys);
    const receipt = verdict.checks.find((one) => one.what === "receipt");
    this.receipts[receipt === undefined ? "none" : receipt.ok ? "good" : "unknown"] += receipt?.ok === false ? 0 : 1;
    const broken = this.pairProblem(bet, line.number);
    const bad = verdict.checks.find((one) => one.ok === false);
    const state = broken ? "wrong" : verdict.state;
    this.add(bet.game, state);
    if (state === "wrong") this.mismatches.push({ line: line.number, betId: bet.bet_id, game: bet.game, why: bad?.what ?? broken!, verdict });
  }

  /** Gaps can only be told at the end. */
  finish(): void {
    for (const pair of this.pairs.values()) {
      if (pair.nonces.size === pair.most + 1) continue;
      let gap = 0;
      while (pair.nonces.has(gap)) gap += 1;
      this.total.wrong += 1;
      this.mismatches.push({ line: pair.line, betId: "", game: "", why: `nonce ${gap} is missing from the pair ${pair.hash.slice(0, 12)}…`, verdict: null });
    }
  }

  private pairProblem(bet: BetRecord, line: number): string | null {
    const key = bet.seed_pair_id || bet.server_seed_hash;
    const pair = this.pairs.get(key);
    if (!pair) {
      this.pairs.set(key, { hash: bet.server_seed_hash, client: bet.client_seed, nonces: new Set([bet.nonce]), most: bet.nonce, line });
      return null;
    }
    if (pair.hash !== bet.server_seed_hash) return "pair_hash";
    if (pair.client !== bet.client_seed) return "pair_client";
    if (pair.nonces.has(bet.nonce)) return "pair_nonce";
    pair.nonces.add(bet.nonce);
    pair.most = Math.max(pair.most, bet.nonce);
    return null;
  }

  private add(game: string, state: Verdict["state"]): void {
    const sums = this.games.get(game) ?? { bets: 0, proven: 0, wrong: 0, unproven: 0 };
    this.games.set(game, sums);
    for (const one of [sums, this.total]) {
      one.bets += 1;
      one[state] += 1;
    }
  }
}
