/**
 * The random stream of a bet, recomputed with the browser's own WebCrypto.
 *
 * digest r = HMAC-SHA256(key = utf8(server seed), message = "{client seed}:{nonce}:{r}"), r = 0, 1 …
 * Each digest gives eight 32-bit numbers; number / 2^32 is the float other verifiers show. Work in
 * integers: floor(float * n) is exactly number * n >> 32.
 */

const encoder = new TextEncoder();

/** Lower-case hex of bytes. */
export function hex(bytes: ArrayBuffer): string {
  return Array.from(new Uint8Array(bytes), (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** What the player is shown before the bet: SHA-256 of the server seed's text. */
export async function commitment(serverSeed: string): Promise<string> {
  return hex(await crypto.subtle.digest("SHA-256", encoder.encode(serverSeed)));
}

export type Digest = { message: string; digest: string };

/** The first `count` 32-bit numbers of the stream, and the digests they were cut from. */
export async function numbers(
  serverSeed: string,
  clientSeed: string,
  nonce: number,
  count: number,
): Promise<{ numbers: bigint[]; digests: Digest[] }> {
  const algorithm = { name: "HMAC", hash: "SHA-256" };
  const key = await crypto.subtle.importKey("raw", encoder.encode(serverSeed), algorithm, false, ["sign"]);
  const found: bigint[] = [];
  const digests: Digest[] = [];
  for (let round = 0; found.length < count; round += 1) {
    const message = `${clientSeed}:${nonce}:${round}`;
    const bytes = await crypto.subtle.sign("HMAC", key, encoder.encode(message));
    const view = new DataView(bytes);
    for (let at = 0; at < 32; at += 4) found.push(BigInt(view.getUint32(at)));
    digests.push({ message, digest: hex(bytes) });
  }
  return { numbers: found.slice(0, count), digests };
}

/** floor(number / 2^32 * n), exactly. */
export function scaled(number: bigint, n: number): number {
  return Number((number * BigInt(n)) >> 32n);
}

/** The float that other verifiers print for a 32-bit number; for display only. */
export function float(number: bigint): number {
  return Number(number) / 2 ** 32;
}
