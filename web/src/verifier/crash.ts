/** Crash points of public schemes, from the hash of a game. All are exact integers of hundredths. */
import { hex, hmac256, integer, joined, sha256Of, unhex, utf8 } from "./bytes";
import { verifiedLong } from "./bls";

const TWO_52 = 2n ** 52n;
const TWO_32 = 2n ** 32n;
const HEX_OF_52_BITS = 13;

/** The first 52 bits of a digest. */
function bits52(digest: Uint8Array): bigint {
  return BigInt(`0x${hex(digest).slice(0, HEX_OF_52_BITS)}`);
}

/** bustabit v1: one game in 101 crashes at once, shown as 0; else floor((100e - h) / (e - h)), e = 2^52. */
export function bustabitV1(hash: string, salt: string): bigint {
  const digest = hmac256(hash, salt);
  if (integer(digest) % 101n === 0n) return 0n;
  const h = bits52(digest);
  return (100n * TWO_52 - h) / (TWO_52 - h);
}

/** bustabit v2 and v3: max(1, floor(99 / (1 - X)) / 100), X the top 52 bits of HMAC(salt, hash bytes). */
export function bustabitV2(hash: string, salt: string): bigint {
  return from52(bits52(hmac256(salt, unhex(hash))), 99n);
}

/** bustabit Vx: the same with the BLS signature as key. */
export function bustabitVx(hash: string, signature: string): bigint {
  return from52(bits52(hmac256(unhex(signature), unhex(hash))), 99n);
}

/** Whether a Vx signature is the signer's: over sha256(hash) with the salt's text after it. */
export function vxSigned(hash: string, salt: string, signature: string, publicKey: string): boolean {
  return verifiedLong(signature, joined(sha256Of(unhex(hash)), utf8(salt)), publicKey);
}

function from52(x: bigint, share: bigint): bigint {
  const point = (share * TWO_52) / (TWO_52 - x);
  return point > 100n ? point : 100n;
}

/** Stake's crash (99 of 100) and slide (98 of 100): floor(max(1, 2^32 / (v + 1) * share / 100) * 100). */
export function stakePoint(gameHash: string, salt: string, share: bigint): bigint {
  const v = BigInt(`0x${hex(hmac256(gameHash, salt)).slice(0, 8)}`);
  const point = (TWO_32 * share) / (v + 1n);
  return point > 100n ? point : 100n;
}

/** The hash before this one in play, after it in the chain: of the hexadecimal text. */
export function nextOfText(hash: string): string {
  return hex(sha256Of(hash));
}

/** The same over the raw bytes (bustabit v3). */
export function nextOfBytes(hash: string): string {
  return hex(sha256Of(unhex(hash)));
}

/** Ours: HMAC-SHA256 of the beacon's signature under the game's hash, both as raw bytes; 52 bits. */
export function ourPoint(hash: string, signature: string, returnBp: bigint): bigint {
  const x = bits52(hmac256(unhex(hash), unhex(signature)));
  const point = (returnBp * TWO_52) / (100n * (TWO_52 - x));
  return point > 100n ? point : 100n;
}

/** What is mixed into a game's hash. */
export type Mix = "signature" | "salt" | "vx";

export type Scheme = {
  name: string;
  mix: Mix;
  /** The hash of the game before in play, towards the published end. */
  next: (hash: string) => string;
  /** The crash point in hundredths. */
  point: (hash: string, mixed: string) => bigint;
  /** A salt that is known to all. */
  salt?: string;
  key?: string;
};

/** Every scheme that this verifier knows, ours first. */
export const SCHEMES: readonly Scheme[] = [
  { name: "fairhouse crash", mix: "signature", next: nextOfBytes, point: (hash, signature) => ourPoint(hash, signature, 9_900n) },
  { name: "fairhouse slide", mix: "signature", next: nextOfBytes, point: (hash, signature) => ourPoint(hash, signature, 9_800n) },
  {
    ...{ name: "bustabit v3", mix: "salt", next: nextOfBytes, point: bustabitV2 },
    salt: "00000000000000000001e08b7fd44f95e3e950ac65650a8031a6d5e1750e34be",
  },
  {
    ...{ name: "bustabit vx", mix: "vx", next: nextOfBytes, point: bustabitVx },
    salt: "000000000000000000011f6e135efe67d7463dfe7bb955663ef88b1243b2deea",
    key: "b40c94495f6e6e73619aeb54ec2fc84c5333f7a88ace82923946fc5b6c8635b08f9130888dd96e1749a1d5aab00020e4",
  },
  {
    ...{ name: "bustabit v2", mix: "salt", next: nextOfText, point: bustabitV2 },
    salt: "0000000000000000004d6ec16dafe9d8370958664c1dc422f452892264c59526",
  },
  {
    ...{ name: "bustabit v1", mix: "salt", next: nextOfText, point: bustabitV1 },
    salt: "000000000000000007a9a31ff7f07463d91af6b5454241d5faf282e5e0fe1b3a",
  },
  {
    ...{ name: "Stake crash", mix: "salt", next: nextOfText, point: (hash, salt) => stakePoint(hash, salt, 99n) },
    salt: "0000000000000000001b34dc6a1e86083f95500b096231436e9b25cbdd0075c4",
  },
  {
    ...{ name: "Stake slide", mix: "salt", next: nextOfText, point: (hash, salt) => stakePoint(hash, salt, 98n) },
    salt: "0000000000000000000b20f796f5421cac95c4efb06c6bbf6408d6f9b5d7b9dc",
  },
];

/** How many steps lead from a hash to the published end of its chain; null when none of `most` does. */
export function stepsTo(end: string, hash: string, most: number, next: (hash: string) => string): number | null {
  let at = hash;
  for (let steps = 0; steps <= most; steps += 1) {
    if (at === end) return steps;
    at = next(at);
  }
  return null;
}
