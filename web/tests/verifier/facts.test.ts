import { readdirSync } from "node:fs";
import { fileURLToPath } from "node:url";

import { describe, expect, it } from "vitest";

import { crashFacts, facts, tableNameOf } from "../../src/verifier/facts";
import type { Fields } from "../../src/verifier/json";
import { commitment } from "../../src/verifier/stream";
import { currentTable, usualRelease } from "../../src/verifier/published";
import { file } from "../vectors";

const FOLDER = fileURLToPath(new URL("../../../tests/vectors/fairness", import.meta.url));
const names = readdirSync(FOLDER).filter((name) => name.endsWith(".json")).map((name) => name.slice(0, -5));

const PARAMS = ["rows", "risk", "segments", "mines", "moles", "difficulty"];
const ASKED = ["serverSeed", "serverSeedHash", "clientSeed", "nonce", ...PARAMS];
const CRASH_ASKED = ["hash", "gameHash", "gameId", "salt", "blsSignature"];
/** A published formula that is wrong by its own authors' word, see tests/vectors/README.md. */
const IGNORED = ["legacyDocFormula_1e8"];

type Vector = Fields & { serverSeed: string; serverSeedHash?: string; clientSeed: string; nonce: number };

const without = (fields: Fields, left: readonly string[]): Fields => Object.fromEntries(Object.entries(fields).filter(([key]) => !left.includes(key)));
const only = (fields: Fields, kept: readonly string[]): Fields => Object.fromEntries(Object.entries(fields).filter(([key]) => kept.includes(key)));
const isChain = (name: string): boolean => /^(crash|slide)_/.test(name);

describe("every vector of independent verifiers, in every field", () => {
  it("finds the files", () => expect(names.length).toBeGreaterThan(30));

  /** Their fact is a number of the table; tests/properties/test_typescript_agrees.py misses no game. */
  const isOnOffer = (name: string): boolean => !["pump", "chicken"].includes(name) || usualRelease(name) !== null;

  it.each(names.filter((name) => !isChain(name) && isOnOffer(name)))("%s", (name) => {
    const { vectors } = file<Vector>(name);
    expect(vectors.length).toBeGreaterThan(0);
    for (const vector of vectors) {
      const { serverSeed, clientSeed, nonce } = vector;
      const found = facts({ game: name, serverSeed, clientSeed, nonce, params: only(vector, PARAMS) }, currentTable(tableNameOf(name)));
      expect(found).toEqual(without(vector, [...ASKED, ...IGNORED]));
      if (vector.serverSeedHash !== undefined) expect(commitment(serverSeed)).toBe(vector.serverSeedHash);
    }
  });

  it("scarab, with free rounds", () => {
    const [vector] = file<Vector>("../scarab_free_rounds").vectors;
    const { serverSeed, clientSeed, nonce } = vector!;
    const found = facts({ game: "slots_scarab", serverSeed, clientSeed, nonce, params: {} }, currentTable("scarab"));
    expect(found).toEqual(without(vector!, ASKED));
  });

  it.each(names.filter(isChain))("%s", (name) => {
    const { vectors, salt, pub } = file<Fields>(name);
    // A pairing takes a tenth of a second: every fifth signature.
    const some = name === "crash_bustabit_vx" ? vectors.filter((_, index) => index % 5 === 0) : vectors;
    for (const vector of some) {
      const found = crashFacts(name, { ...(salt ? { salt } : {}), ...(pub ? { pub } : {}), ...(vector as Record<string, string>) });
      expect(found).toEqual(without(vector, CRASH_ASKED));
    }
  }, 60_000);
});
