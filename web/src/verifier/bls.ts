/** Signatures on BLS12-381: of drand's quicknet beacon, and of bustabit's Vx games. */
import { bls12_381 } from "@noble/curves/bls12-381.js";

import { hex, isHex, sha256Of, unhex } from "./bytes";

export type Beacon = {
  publicKey: string;
  /** Seconds since 1970 of round 1. */
  genesis: number;
  periodS: number;
};

/** drand's quicknet (bls-unchained-g1-rfc9380): published by the League of Entropy. */
export const QUICKNET: Beacon = {
  publicKey:
    "83cf0f2896adee7eb8b5f01fcad3912212c437e0073e911fb90022d3e760183c8c4b450b6a0a6c3ac6a5776a2d1064510d1fec758c921cc22b0e17e63aaf4bcb5ed66304de9cf809bd274ca73bab4af5a6e9c76a4bc09e76eae8991ef5ece45a",
  genesis: 1_692_803_367,
  periodS: 3,
};

const SHORT_DST = "BLS_SIG_BLS12381G1_XMD:SHA-256_SSWU_RO_NUL_";
const LONG_DST = "BLS_SIG_BLS12381G2_XMD:SHA-256_SSWU_RO_NUL_";

/** A beacon's message: SHA-256 of the round as eight big-endian bytes. */
export function beaconMessage(round: number): Uint8Array {
  const bytes = new Uint8Array(8);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(round));
  return sha256Of(bytes);
}

/** Whether a round's signature (48 bytes on G1) is the beacon's. */
export function isBeaconSignature(round: number, signature: string, publicKey: string): boolean {
  if (!isHex(signature, 48) || !isHex(publicKey, 96)) return false;
  return quietly(() => {
    const scheme = bls12_381.shortSignatures;
    return scheme.verify(unhex(signature), scheme.hash(beaconMessage(round), SHORT_DST), unhex(publicKey));
  });
}

/** The public randomness of a round: SHA-256 of its signature. */
export function beaconRandomness(signature: string): string {
  return hex(sha256Of(unhex(signature)));
}

/** When a round of a beacon appears, in seconds since 1970. */
export function beaconTime(beacon: Beacon, round: number): number {
  return beacon.genesis + (round - 1) * beacon.periodS;
}

/** Whether a signature of 96 bytes on G2 over a message is by the key of 48 bytes. */
export function verifiedLong(signature: string, message: Uint8Array, publicKey: string): boolean {
  if (!isHex(signature, 96) || !isHex(publicKey, 48)) return false;
  return quietly(() => {
    const scheme = bls12_381.longSignatures;
    return scheme.verify(unhex(signature), scheme.hash(message, LONG_DST), unhex(publicKey));
  });
}

/** Bytes that are no point of the curve are no signature. */
function quietly(check: () => boolean): boolean {
  try {
    return check();
  } catch {
    return false;
  }
}
