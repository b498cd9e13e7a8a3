/** Signed receipts: Ed25519 over the canonical JSON of a closed bet. */
import { ed25519 } from "@noble/curves/ed25519.js";

import { hex, isHex, sha256Of, unhex, utf8 } from "./bytes";
import { canonical, type Fields } from "./json";
import { COLUMNS, type BetRecord } from "./record";

const TYPE = "fairhouse.bet.v1";
const NOT_SIGNED = ["server_seed", "receipt_signature", "round_proof"];
const KEY_ID_HEX = 16;

/** Public keys by their id; the casino publishes them at GET /v1/fairness/keys. */
export type Keys = ReadonlyMap<string, string>;

/** A key's id: the first 16 hexadecimal digits of the SHA-256 of its 32 bytes. */
export function keyId(publicKey: string): string {
  return hex(sha256Of(unhex(publicKey))).slice(0, KEY_ID_HEX);
}

/** The text whose UTF-8 bytes are signed. */
export function signedText(bet: BetRecord): string {
  const fields = bet as unknown as Fields;
  const signed = COLUMNS.filter((name) => !NOT_SIGNED.includes(name)).map((name) => [name, fields[name] ?? null]);
  return canonical({ type: TYPE, ...(Object.fromEntries(signed) as Fields) });
}

/** Whether a receipt is good; null when there is none, or no key is at hand to check it with. */
export function receiptHolds(bet: BetRecord, keys: Keys): boolean | null {
  if (bet.receipt_signature === null || bet.receipt_key === null) return null;
  if (keys.size === 0) return null;
  const key = keys.get(bet.receipt_key);
  if (key === undefined || !isHex(bet.receipt_signature, 64)) return false;
  try {
    return ed25519.verify(unhex(bet.receipt_signature), utf8(signedText(bet)), unhex(key));
  } catch {
    return false;
  }
}

/** Keys from what a person pasted: hexadecimal keys, or the published JSON. Each goes by its own id. */
export function keysOf(pasted: string): Map<string, string> {
  const found = new Map<string, string>();
  for (const [text] of pasted.toLowerCase().matchAll(/\b[0-9a-f]{64}\b/g)) found.set(keyId(text), text);
  return found;
}

