import { describe, expect, it } from "vitest";

import { beaconRandomness, isBeaconSignature, QUICKNET } from "../../src/verifier/bls";
import { bustabitV1, bustabitV2, bustabitVx, nextOfBytes, nextOfText, stakePoint, stepsTo, vxSigned } from "../../src/verifier/crash";
import { file, vectors } from "../vectors";

/** Pairings on a busy machine. */
const SLOW_MS = 60_000;
const cents = (value: number): bigint => BigInt(Math.round(value * 100));

describe("public crash games", () => {
  it("bustabit v1", () => {
    const { vectors: all, salt, terminatingHash, terminatingHashCrash } = file<{ hash: string; crashPointX100: number }>("crash_bustabit_v1");
    for (const vector of all) expect(bustabitV1(vector.hash, salt!)).toBe(BigInt(vector.crashPointX100));
    expect(bustabitV1(terminatingHash!, salt!)).toBe(BigInt(terminatingHashCrash!));
  });

  it.each(["crash_bustabit_v2", "crash_bustabit_v3"])("%s", (name) => {
    const { vectors: all, salt } = file<{ hash: string; bust: number }>(name);
    for (const vector of all) expect(bustabitV2(vector.hash, salt!)).toBe(cents(vector.bust));
  });

  it("bustabit v2 games form one chain, by the text of the hash", () => {
    const all = vectors<{ gameId: number; hash: string }>("crash_bustabit_v2");
    for (const [index, vector] of all.slice(1).entries()) {
      const before = all[index]!;
      expect(stepsTo(vector.hash, before.hash, 100, nextOfText)).toBe(before.gameId - vector.gameId);
    }
    expect(nextOfBytes("00".repeat(32))).toBe("66687aadf862bd776c8fc18b8e9f8e20089714856ee233b3902a591d0d5f2925");
  });

  it("bustabit vx, with the signer's signature", () => {
    const { vectors: all, salt, pub } = file<{ hash: string; blsSignature: string; verified: boolean; bust: number }>("crash_bustabit_vx");
    for (const vector of all) expect(bustabitVx(vector.hash, vector.blsSignature)).toBe(cents(vector.bust));
    for (const vector of all.slice(0, 1)) {
      expect(vxSigned(vector.hash, salt!, vector.blsSignature, pub!)).toBe(true);
      expect(vxSigned(vector.hash, `${salt!.slice(0, -1)}0`, vector.blsSignature, pub!)).toBe(false);
    }
  }, SLOW_MS);

  it.each([["crash_stake", 99n], ["slide_stake", 98n]] as const)("%s", (name, share) => {
    const all = vectors<{ gameHash: string; salt: string; result: number }>(name);
    for (const vector of all) expect(stakePoint(vector.gameHash, vector.salt, share)).toBe(cents(vector.result));
  });
});

describe("drand's quicknet", () => {
  const signature = "b75c69d0b72a5d906e854e808ba7e2accb1542ac355ae486d591aa9d43765482e26cd02df835d3546d23c4b13e0dfc92";

  it("proves a published round and no other", () => {
    expect(isBeaconSignature(123, signature, QUICKNET.publicKey)).toBe(true);
    expect(isBeaconSignature(124, signature, QUICKNET.publicKey)).toBe(false);
    expect(isBeaconSignature(123, signature.replace("b75c", "b75d"), QUICKNET.publicKey)).toBe(false);
    expect(beaconRandomness(signature)).toMatch(/^[0-9a-f]{64}$/);
  }, SLOW_MS);
});
