import { ed25519 } from "@noble/curves/ed25519.js";
import { describe, expect, it } from "vitest";

import { hex, utf8 } from "../../src/verifier/bytes";
import { check } from "../../src/verifier/check";
import { Audit, linesOf } from "../../src/verifier/history";
import type { Fields } from "../../src/verifier/json";
import { play } from "../../src/verifier/play";
import { accept, releaseOf, RELEASES, usualRelease } from "../../src/verifier/published";
import { decimal } from "../../src/verifier/ratio";
import { keyId, keysOf, signedText } from "../../src/verifier/receipt";
import { COLUMNS, JSON_COLUMNS, recordOf, type BetRecord } from "../../src/verifier/record";
import { commitment } from "../../src/verifier/stream";

const SEED = "5a67549451e56681727548bedf5c9361b0f750fc850ebd4462cea9a0fad7f4dc";
const SECRET = new Uint8Array(32).fill(7);
const PUBLIC = hex(ed25519.getPublicKey(SECRET));
const keys = keysOf(`{"keys": [{"public_key": "${PUBLIC}"}]}`);

/** A bet as the casino would export it: played by the rules, and signed. */
function exported(game: string, params: Fields, choices: Fields[], nonce: number, client = "a client, \"quoted\""): BetRecord {
  const release = usualRelease(game)!;
  const stake = { units: 1_000_000n, scale: 6, most: null };
  const { result } = play({ game, table: release.table, serverSeed: SEED, clientSeed: client, nonce, params, choices, stake });
  if (!result.ended) throw new Error("the round is open");
  const bet: BetRecord = {
    bet_id: `bet_${game}${nonce}`,
    ...{ game, game_version: release.version, table_hash: release.table_hash, currency: "USDT" },
    ...{ stake: decimal(result.staked, 6), opening_stake: "1.000000", payout: decimal(result.payout, 6) },
    ...{ multiplier: String(result.shown["multiplier"]), state: "settled", params, choices, outcome: result.shown },
    ...{ seed_pair_id: "sed_1", server_seed: SEED, server_seed_hash: commitment(SEED), client_seed: client, nonce },
    ...{ at: "2026-11-22T19:25:00.123Z", closed_at: "2026-11-22T19:25:00.200Z", receipt_key: keyId(PUBLIC), receipt_signature: "", round_proof: null },
  };
  return { ...bet, receipt_signature: hex(ed25519.sign(utf8(signedText(bet)), SECRET)) };
}

const dice = (nonce: number): BetRecord => exported("dice", { target: "50.50", direction: "over" }, [], nonce);
const all = (): BetRecord[] => [dice(0), exported("plinko", { rows: 12, risk: "high" }, [], 1), exported("mines", { mines: 1 }, [{ do: "reveal", tile: 0 }, { do: "cash_out" }], 2), dice(3)];

const jsonLines = (bets: readonly BetRecord[]): string => bets.map((bet) => `${JSON.stringify(bet)}\n`).join("");

function csv(bets: readonly BetRecord[]): string {
  const cell = (name: string, value: unknown): string => {
    const text = value === null ? "" : JSON_COLUMNS.includes(name) ? JSON.stringify(value) : String(value);
    return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
  };
  const rows = bets.map((bet) => COLUMNS.map((name) => cell(name, (bet as unknown as Fields)[name])).join(","));
  return [COLUMNS.join(","), ...rows].map((row) => `${row}\r\n`).join("");
}

function audited(text: string): Audit {
  const audit = new Audit(keys);
  for (const line of linesOf(text)) audit.take(line);
  audit.finish();
  return audit;
}

describe("a bet", () => {
  it("holds as exported, receipt and all", () => {
    for (const bet of all()) {
      const verdict = check(recordOf(JSON.parse(JSON.stringify(bet))), keys);
      expect(verdict.checks.filter((one) => one.ok !== true)).toEqual([]);
      expect(verdict.state).toBe("proven");
    }
  });

  it("does not hold when anything about it is altered", () => {
    const bet = dice(0);
    const altered: Partial<BetRecord>[] = [
      { payout: "0.000001" },
      { outcome: { ...bet.outcome, roll: "37.79" } },
      { nonce: 1 },
      { client_seed: "another" },
      { server_seed: SEED.replace("5a", "5b") },
      { server_seed_hash: commitment("another") },
      { params: { target: "50.51", direction: "over" } },
      { multiplier: "9.0000" },
      { table_hash: RELEASES.find((one) => one.game === "dice" && !one.usual)!.table_hash },
      { at: "2026-11-22T19:25:00.124Z" },
    ];
    for (const change of altered) expect(check({ ...bet, ...change }, keys).state, JSON.stringify(change)).toBe("wrong");
  });

  it("explains a hash pasted as the seed", () => {
    const bet = dice(0);
    const verdict = check({ ...bet, server_seed: bet.server_seed_hash }, keys);
    expect(verdict.checks.find((one) => one.ok === false)?.what).toBe("seed_is_hash");
  });

  it("is not yet provable while its seed is hidden or its table unknown", () => {
    const bet = dice(0);
    expect(check({ ...bet, server_seed: null }, keys).state).toBe("unproven");
    expect(check({ ...bet, table_hash: "00".repeat(32), receipt_signature: null }, keys).state).toBe("unproven");
  });

  it("believes no table whose hash is another", () => {
    const release = usualRelease("dice")!;
    expect(releaseOf(release.table_hash)).toEqual(release);
    const other = accept("dice", release.version, { ...release.table, return_hundredths: 1 });
    expect(other.table_hash).not.toBe(release.table_hash);
    expect(RELEASES.map((one) => releaseOf(one.table_hash))).toEqual([...RELEASES]);
  });

  it("pays the better of stake and winnings when nobody came back", () => {
    const won = exported("mines", { mines: 1 }, [{ do: "reveal", tile: 0 }, { do: "cash_out" }], 2);
    const open = { ...won, choices: won.choices.slice(0, 1), receipt_signature: null };
    const outcome: Fields = { revealed: [0], reveals_max: 24, multiplier: "1.0312", next_multiplier: "1.0760", ended: "abandoned" };
    expect(check({ ...open, outcome }, keys).checks.find((one) => one.what === "payout")?.ok).toBe(true);
    expect(check({ ...open, outcome, payout: "1.000000" }, keys).state).toBe("wrong");
  });
});

describe("a whole history", () => {
  it.each([["JSON Lines", jsonLines], ["CSV", csv]] as const)("holds as %s", (_name, written) => {
    const audit = audited(written(all()));
    expect(audit.mismatches).toEqual([]);
    expect(audit.total).toEqual({ bets: 4, proven: 4, wrong: 0, unproven: 0 });
    expect(audit.receipts).toEqual({ good: 4, unknown: 0, none: 0 });
    expect(audit.games.get("dice")?.proven).toBe(2);
  });

  it("names the line of every altered byte", () => {
    const text = jsonLines(all());
    const places = [...Array(40).keys()].map((index) => Math.floor((index * (text.length - 1)) / 40));
    for (const at of places) {
      const byte = text[at] === "1" ? "2" : "1";
      const audit = audited(text.slice(0, at) + byte + text.slice(at + 1));
      if (text[at] === "\n") continue;
      const line = text.slice(0, at).split("\n").length;
      expect(audit.mismatches.map((one) => one.line), `byte ${at}: ${text.slice(at - 20, at + 5)}`).toContain(line);
    }
  });

  it("misses no bet and sees none twice", () => {
    const [first, , third, fourth] = all();
    expect(audited(jsonLines([first!, third!, fourth!])).mismatches.map((one) => one.why)).toEqual([expect.stringContaining("nonce 1 is missing")]);
    expect(audited(jsonLines([first!, first!])).mismatches.map((one) => one.why)).toEqual(["pair_nonce"]);
  });

  it("tells a line that is none", () => {
    const text = `${jsonLines([dice(0)])}{"bet_id": \n`;
    expect(audited(text).mismatches.map((one) => one.line)).toEqual([2]);
  });
});
