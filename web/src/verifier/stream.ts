/**
 * The random numbers of a bet (public standard of the field):
 *
 * digest r = HMAC-SHA256(key = utf8(server seed), message = "{client seed}:{nonce}:{r}"), r = 0, 1 …
 *
 * Each digest is eight big-endian 32-bit numbers; number / 2^32 is the float that others print. Here
 * nothing is a float: floor(float * n) is floor(number * n / 2^32).
 */
import { hex, hmac256, sha256Of } from "./bytes";

/** One HMAC that a bet looked at. */
export type Round = { message: string; digest: string };

/** One number of the stream and what the game made of it. */
export type Draw = {
  /** Its place in the stream, from 0. */
  at: number;
  /** 0 to 2^32 - 1. */
  number: number;
  /** How many equally likely choices it picks from; 0 when it is compared with thresholds. */
  of: number;
  /** floor(number * of / 2^32), or the number itself. */
  choice: number;
  /** For people. */
  means: string;
};

const NUMBERS_IN_DIGEST = 8;
export const TWO_32 = 2 ** 32;
/** number * of stays an exact double below this. */
const OF_MOST = 2 ** 21;

/** What the player is shown before the bet: SHA-256 of the server seed's text. */
export function commitment(serverSeed: string): string {
  return hex(sha256Of(serverSeed));
}

/** floor(number * of / 2^32), exactly: the product has at most 53 bits, division by 2^32 is a shift. */
export function scaled(number: number, of: number): number {
  if (of > OF_MOST) throw new RangeError("too many choices for one number");
  return Math.floor((number * of) / TWO_32);
}

/** The float that other verifiers print; for display only. */
export function float(number: number): number {
  return number / TWO_32;
}

export class Stream {
  readonly rounds: Round[] = [];
  private readonly numbers: number[] = [];

  constructor(
    readonly serverSeed: string,
    readonly clientSeed: string,
    readonly nonce: number | bigint,
  ) {}

  /** The number at a place, computing as many digests as that takes. */
  number(at: number): number {
    while (this.numbers.length <= at) this.extend();
    return this.numbers[at]!;
  }

  private extend(): void {
    const message = `${this.clientSeed}:${this.nonce}:${this.rounds.length}`;
    const digest = hmac256(this.serverSeed, message);
    const view = new DataView(digest.buffer, digest.byteOffset, digest.byteLength);
    for (let i = 0; i < NUMBERS_IN_DIGEST; i += 1) this.numbers.push(view.getUint32(4 * i));
    this.rounds.push({ message, digest: hex(digest) });
  }
}

/** Reads a stream from the start and remembers what was made of each number. */
export class Reader {
  readonly draws: Draw[] = [];

  constructor(readonly stream: Stream) {}

  /** The next number, compared with thresholds. */
  raw(means: (number: number) => string): number {
    const at = this.draws.length;
    const number = this.stream.number(at);
    this.draws.push({ at, number, of: 0, choice: number, means: means(number) });
    return number;
  }

  /** One of `of` equally likely choices by the next number. */
  pick(of: number, means: (choice: number) => string): number {
    const at = this.draws.length;
    const number = this.stream.number(at);
    const choice = scaled(number, of);
    this.draws.push({ at, number, of, choice, means: means(choice) });
    return choice;
  }

  /** `count` items in the order drawn: Fisher–Yates by taking out of what is left. */
  shuffled<T>(items: readonly T[], count: number, means: (item: T) => string): T[] {
    const left = [...items];
    const drawn: T[] = [];
    for (let i = 0; i < count; i += 1) {
      const at = this.pick(left.length, (choice) => means(left[choice]!));
      drawn.push(...left.splice(at, 1));
    }
    return drawn;
  }
}
