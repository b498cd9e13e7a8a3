import { describe, expect, it } from "vitest";

import { chanceForMultiplier, chanceOf, multiplierOf as diceMultiplier, payoutOf as dicePayout, roll, targetFor, wins } from "../src/fairness/dice";
import { choose, minesOf, multiplierOf, payoutOf } from "../src/fairness/mines";
import { proofOf } from "../src/fairness/proof";
import { commitment, float, numbers } from "../src/fairness/stream";
import { vectors } from "./vectors";

type Seeds = { serverSeed: string; serverSeedHash: string; clientSeed: string; nonce: number };

describe("the stream", () => {
  const all = vectors<Seeds & { first40Floats: number[] }>("floats");

  it("commits by SHA-256 of the seed's text", async () => {
    expect(all.length).toBeGreaterThan(0);
    for (const vector of all) expect(await commitment(vector.serverSeed)).toBe(vector.serverSeedHash);
  });

  it("gives the floats of independent verifiers across five digests", async () => {
    for (const vector of all) {
      const stream = await numbers(vector.serverSeed, vector.clientSeed, vector.nonce, 40);
      expect(stream.numbers.map(float)).toEqual(vector.first40Floats);
      expect(stream.digests).toHaveLength(5);
    }
  });
});

describe("dice", () => {
  it("rolls what independent verifiers roll", async () => {
    const all = vectors<Seeds & { result: number }>("dice");
    expect(all.length).toBeGreaterThan(0);
    for (const vector of all) {
      const { roll: rolled } = await roll(vector.serverSeed, vector.clientSeed, vector.nonce);
      expect(rolled).toBe(Math.round(vector.result * 100));
    }
  });

  it("pays 99 / chance, rounded down", () => {
    expect(dicePayout(1_000_000n, 4_950)).toBe(2_000_000n);
    expect(dicePayout(1_000_000n, 3_333)).toBe(2_970_297n);
    expect(diceMultiplier(9_800)).toBe(10_102n);
  });

  it("mirrors over and under at the same chance", () => {
    for (const chance of [1, 4_950, 9_800]) {
      expect(chanceOf(targetFor(chance, "over"), "over")).toBe(chance);
      expect(chanceOf(targetFor(chance, "under"), "under")).toBe(chance);
    }
    expect(wins(5_050, 5_050, "over")).toBe(false);
    expect(wins(5_051, 5_050, "over")).toBe(true);
    expect(wins(5_050, 5_050, "under")).toBe(false);
    expect(chanceForMultiplier(20_000n)).toBe(4_950);
  });
});

describe("mines", () => {
  it("lays the mines that independent verifiers lay", async () => {
    const all = vectors<Seeds & { mines: number; drawOrder0: number[] }>("mines");
    expect(all.length).toBeGreaterThan(0);
    for (const vector of all) {
      const { drawn } = await minesOf(vector.serverSeed, vector.clientSeed, vector.nonce, vector.mines);
      expect(drawn).toEqual(vector.drawOrder0);
    }
  });

  it("pays 0.99 · C(25, k) / C(25 − m, k), rounded down", () => {
    expect(choose(25, 12)).toBe(5_200_300n);
    expect(payoutOf(1_000_000n, 3, 1)).toBe(1_125_000n);
    expect(multiplierOf(24, 1)).toBe(247_500n);
    expect(payoutOf(1_000_000n, 3, 0)).toBe(1_000_000n);
  });
});

describe("the verifier", () => {
  it("shows its steps", async () => {
    const [vector] = vectors<Seeds & { mines: number; drawOrder0: number[] }>("mines");
    const proof = await proofOf({ game: "mines", ...vector! });
    expect(proof?.hash).toBe(vector!.serverSeedHash);
    expect(proof?.mines).toEqual(vector!.drawOrder0);
    expect(proof?.roll).toBeNull();
  });

  it("answers nothing about games it does not know", async () => {
    expect(await proofOf({ game: "roulette", serverSeed: "a", clientSeed: "b", nonce: 0, mines: 1 })).toBeNull();
    expect(await proofOf({ game: "mines", serverSeed: "a", clientSeed: "b", nonce: 0, mines: 25 })).toBeNull();
  });
});
