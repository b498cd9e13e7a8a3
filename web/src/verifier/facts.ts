/** Outcomes in the names and formats of the independent vectors of the field, by the file's name. */
import { card } from "./cards";
import { Refused } from "./contract";
import { bustabitV1, bustabitV2, bustabitVx, stakePoint, vxSigned } from "./crash";
import { GAMES } from "./games";
import { moles } from "./games/moles";
import { scarabFacts } from "./games/scarab";
import type { Fields } from "./json";
import { bcgame, primedice } from "./legacy";
import { float, Reader, Stream } from "./stream";

export type Asked = {
  game: string;
  serverSeed: string;
  clientSeed: string;
  nonce: number;
  /** By the names of the vector file. */
  params: Fields;
};

const FLOATS = 40;
const HILO_CARDS = 52;
const BLACKJACK_NEXT = 20;

type Facts = (reader: Reader, params: Fields, table: Fields) => Fields;

const cards = (reader: Reader, count: number): string[] => Array.from({ length: count }, () => card(reader));

/** Vector files that are no game of ours, or show other things than a game. */
const OTHERS: Readonly<Record<string, Facts>> = {
  floats: (reader) => ({ first40Floats: Array.from({ length: FLOATS }, () => float(reader.raw(() => ""))) }),
  hilo: (reader) => ({ cards: cards(reader, HILO_CARDS) }),
  blackjack: (reader) => ({ player: cards(reader, 2), dealer: cards(reader, 2), next20: cards(reader, BLACKJACK_NEXT) }),
  slots_scarab: scarabFacts,
  moles,
  dice_primedice_sha512: ({ stream }) => primedice(stream.serverSeed, stream.clientSeed, Number(stream.nonce)),
  bcgame_2020: ({ stream }) => bcgame(stream.serverSeed, stream.clientSeed, Number(stream.nonce)),
};

/** Whose table a vector file is answered with. */
export function tableNameOf(file: string): string {
  return file === "slots_scarab" ? "scarab" : file;
}

/** The outcome fields of a bet. Throws Refused for what it does not know. */
export function facts(asked: Asked, table: Fields): Fields {
  const found = OTHERS[asked.game] ?? GAMES.get(asked.game)?.facts;
  if (!found) throw new Refused("game", `${asked.game} is no game of the vectors`);
  return found(new Reader(new Stream(asked.serverSeed, asked.clientSeed, asked.nonce)), asked.params, table);
}

const cents = (point: bigint): number => Number(point) / 100;

/** The outcome fields of a game of a public crash chain, by the file's name. */
export function crashFacts(game: string, of: Readonly<Record<string, string>>): Fields {
  const hash = of["hash"] ?? of["gameHash"] ?? "";
  const salt = of["salt"] ?? "";
  switch (game) {
    case "crash_bustabit_v1":
      return { crashPointX100: Number(bustabitV1(hash, salt)) };
    case "crash_bustabit_v2":
    case "crash_bustabit_v3":
      return { bust: cents(bustabitV2(hash, salt)) };
    case "crash_bustabit_vx": {
      const signature = of["blsSignature"] ?? "";
      return { verified: vxSigned(hash, salt, signature, of["pub"] ?? ""), bust: cents(bustabitVx(hash, signature)) };
    }
    case "crash_stake":
      return { result: cents(stakePoint(hash, salt, 99n)) };
    case "slide_stake":
      return { result: cents(stakePoint(hash, salt, 98n)) };
    default:
      throw new Refused("game", `${game} is no crash scheme of the vectors`);
  }
}
