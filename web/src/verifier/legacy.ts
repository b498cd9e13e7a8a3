/** Other public schemes: Primedice's first dice, BC.Game's originals of 2020. Only for verification. */
import { hex, hmac256, hmac512, sha256Of, sha512Of } from "./bytes";
import type { Fields } from "./json";
import { decimal } from "./ratio";
import { scaled } from "./stream";

const LUCKY_HEX = 5;
const LUCKY_MOST = 1_000_000;

/** The first group of five hexadecimal digits below a million; null when there is none. */
function lucky(digest: string): number | null {
  for (let at = 0; at + LUCKY_HEX <= digest.length; at += LUCKY_HEX) {
    const number = Number.parseInt(digest.slice(at, at + LUCKY_HEX), 16);
    if (number < LUCKY_MOST) return number;
  }
  return null;
}

/** HMAC-SHA512(server seed, "client-nonce"); the first lucky group, its last four digits in hundredths. */
export function primedice(serverSeed: string, clientSeed: string, nonce: number): Fields {
  const found = lucky(hex(hmac512(serverSeed, `${clientSeed}-${nonce}`)).slice(0, 125));
  return found === null ? { lucky: null, roll: 99.99 } : { lucky: found, roll: (found % 10_000) / 100 };
}

const RANK_NAMES: Readonly<Record<string, string>> = { A: "ace", J: "jack", Q: "queen", K: "king" };
const SUIT_NAMES: Readonly<Record<string, string>> = { s: "spades", h: "hearts", c: "clubs", d: "diamonds" };

function named(card: string): string {
  const rank = card.slice(0, -1);
  return `${RANK_NAMES[rank] ?? rank}_of_${SUIT_NAMES[card.slice(-1)]}`;
}

const HILO_ORDER =
  "As 4h 7c 10d 2s Kc 5h 8c Jd 3s 6h Qd 9c Ah 4c 7d 10s 2h Kd 5c 8d Js 3h 6c Qs 9d Ac 4d 7s 10h 2c Ks 5d 8s Jh 3c 6d Qh 9s Ad 4s 7h 10c 2d Kh 5s 8h Jc 3d 6s Qc 9h".split(" ");
/** Codes of the video poker deck: suit (0xA0 spades, 0xB0 hearts, 0xC0 clubs, 0xD0 diamonds) + rank from 1, in the scheme's order. */
const POKER_CODES = [
  ...[161, 180, 199, 218, 162, 205, 181, 200, 219, 163, 182, 220, 201, 177, 196, 215, 170, 178, 221, 197, 216, 171, 179, 198, 172, 217],
  ...[193, 212, 167, 186, 194, 173, 213, 168, 187, 195, 214, 188, 169, 209, 164, 183, 202, 210, 189, 165, 184, 203, 211, 166, 204, 185],
];
const RANKS = ["A", "2", "3", "4", "5", "6", "7", "8", "9", "10", "J", "Q", "K"];

function pokerCard(code: number): string {
  return RANKS[(code % 16) - 1]! + "shcd"[Math.floor(code / 16) - 10]!;
}

/** The deck sorted by the digest turned one digit further for each card. */
function pokerDeck(digest: string): string[] {
  const turned = POKER_CODES.map((code, i) => ({ code, key: digest.slice(i) + digest.slice(0, i) }));
  return turned.sort((a, b) => (a.key < b.key ? -1 : 1)).map(({ code }) => pokerCard(code));
}

const word = (bytes: Uint8Array, index: number): number => new DataView(bytes.buffer, bytes.byteOffset).getUint32(4 * index);
const TWO_52 = 2n ** 52n;

function limbo(digest: Uint8Array): number {
  const x = BigInt(`0x${hex(digest).slice(0, 13)}`);
  const point = (99n * TWO_52) / (TWO_52 - x);
  return Number(point > 100n ? point : 100n) / 100;
}

const ROULETTE_SALT = "00000000000000000005bcf4bcfe3a699dd7833839e593127885e2b1e80ceb10";

/** Three digits at a time until they are below 3700; hundreds are the pocket. */
function roulette(seed: Uint8Array): number {
  const digest = hex(hmac256(ROULETTE_SALT, seed));
  for (let at = 0; at < 63; at += 3) {
    const value = Number.parseInt(digest.slice(at, at + 3), 16);
    if (value < 3_700) return Math.floor(value / 100);
  }
  return Number.parseInt(digest[63]!, 16);
}

/** SHA of the plain text of server seed, client seed and nonce, without a key. */
export function bcgame(serverSeed: string, clientSeed: string, nonce: number): Fields {
  const text = `${serverSeed}${clientSeed}${nonce}`;
  const short = sha256Of(text);
  const long = sha512Of(text);
  const group = lucky(hex(long)) ?? 0;
  const hilo = Array.from({ length: 5 }, (_, round) => HILO_ORDER[scaled(word(sha256Of(`${serverSeed}:${clientSeed}:${nonce}:${round}`), 0), 52)]!);
  return {
    limbo: limbo(short),
    classicDice: decimal(scaled(word(short, 0), 10_001), 2),
    hashDice: group % 100_000,
    plinko16: Array.from({ length: 16 }, (_, row) => scaled(word(long, row), 2)).reduce((sum, side) => sum + side, 0),
    hiloFirst5: hilo.map(named),
    rouletteFromHash: roulette(short),
    wheel50: scaled(word(short, 0), 50),
    slots: group,
    videoPoker5: pokerDeck(hex(long)).slice(0, 5).map(named),
  };
}
