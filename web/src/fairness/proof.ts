import { rollOf } from "./dice";
import { drawMines } from "./mines";
import { commitment, float, numbers, type Digest } from "./stream";

export type Input = { game: string; serverSeed: string; clientSeed: string; nonce: number; mines: number };

/** Everything a bet follows from, recomputed here, with the steps in between. */
export type Proof = {
  input: Input;
  hash: string;
  digests: Digest[];
  floats: number[];
  /** Hundredths, for dice. */
  roll: number | null;
  /** In the order drawn, for mines. */
  mines: number[] | null;
};

/** Recompute a bet from its seeds; null for a game this verifier does not know. */
export async function proofOf(input: Input): Promise<Proof | null> {
  const isMines = input.game === "mines";
  if (!isMines && input.game !== "dice") return null;
  if (isMines && !(input.mines >= 1 && input.mines <= 24)) return null;
  const stream = await numbers(input.serverSeed, input.clientSeed, input.nonce, isMines ? input.mines : 1);
  return {
    input,
    hash: await commitment(input.serverSeed),
    digests: stream.digests,
    floats: stream.numbers.map(float),
    roll: isMines ? null : rollOf(stream.numbers[0] ?? 0n),
    mines: isMines ? drawMines(stream.numbers, input.mines) : null,
  };
}
