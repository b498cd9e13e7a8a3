import { hmac } from "@noble/hashes/hmac.js";
import { sha256, sha512 } from "@noble/hashes/sha2.js";
import { bytesToHex, concatBytes, hexToBytes, utf8ToBytes } from "@noble/hashes/utils.js";

/** Hashes without WebCrypto: browsers withhold that from pages opened as file:// */
export { bytesToHex as hex, concatBytes as joined, hexToBytes as unhex, utf8ToBytes as utf8 };

export function sha256Of(data: Uint8Array | string): Uint8Array {
  return sha256(bytesOf(data));
}

export function sha512Of(data: Uint8Array | string): Uint8Array {
  return sha512(bytesOf(data));
}

/** HMAC-SHA256; a text stands for its UTF-8 bytes. */
export function hmac256(key: Uint8Array | string, message: Uint8Array | string): Uint8Array {
  return hmac(sha256, bytesOf(key), bytesOf(message));
}

export function hmac512(key: Uint8Array | string, message: Uint8Array | string): Uint8Array {
  return hmac(sha512, bytesOf(key), bytesOf(message));
}

function bytesOf(data: Uint8Array | string): Uint8Array {
  return typeof data === "string" ? utf8ToBytes(data) : data;
}

/** Big-endian bytes as one number. */
export function integer(bytes: Uint8Array): bigint {
  return bytes.length === 0 ? 0n : BigInt(`0x${bytesToHex(bytes)}`);
}

const HEX = /^(?:[0-9a-f]{2})+$/;

/** Lower-case hex of whole bytes, and of exactly `length` bytes when given. */
export function isHex(text: string, length?: number): boolean {
  return HEX.test(text) && (length === undefined || text.length === 2 * length);
}
