/** Client-made ids: uuid7 (RFC 9562 section 5.7) as a prefix and 26 characters of Crockford base32. */

const ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz";

/** A uuid7 as a 128-bit number from Unix milliseconds and 10 random bytes. */
export function uuid7(unixMs: number, random: Uint8Array): bigint {
  let value = BigInt(Math.floor(unixMs));
  for (const byte of random.subarray(0, 10)) value = (value << 8n) | BigInt(byte);
  value = (value & ~(0xfn << 76n)) | (0x7n << 76n);
  return (value & ~(0x3n << 62n)) | (0x2n << 62n);
}

/** `bet` and a number give `bet_…`. */
export function toWire(prefix: string, value: bigint): string {
  let text = "";
  let rest = value;
  for (let i = 0; i < 26; i += 1) {
    text = ALPHABET.charAt(Number(rest & 31n)) + text;
    rest >>= 5n;
  }
  return `${prefix}_${text}`;
}

/** A fresh wire id at a time of the server's clock. */
export function newId(prefix: string, unixMs: number): string {
  return toWire(prefix, uuid7(unixMs, crypto.getRandomValues(new Uint8Array(10))));
}

/** Whether a text looks like a wire id of that prefix. */
export function isWireId(prefix: string, text: string): boolean {
  return new RegExp(`^${prefix}_[${ALPHABET}]{26}$`).test(text);
}
