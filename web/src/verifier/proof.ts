/** The proof of a round of crash or slide that comes with a bet: whether it gives the point the bet names. */
import { beaconTime, isBeaconSignature, QUICKNET } from "./bls";
import { hex, hmac256, isHex, unhex } from "./bytes";
import { nextOfBytes, ourPoint } from "./crash";
import { canonical, type Fields } from "./json";
import { decimal } from "./ratio";
import type { BetRecord } from "./record";

const HASH_BYTES = 32;
const CHAIN_MAX = 10_000_000;
const RETURN_BP: Readonly<Record<string, bigint>> = { crash: 9_900n, slide: 9_800n };

/** Hashes that were found to be of a chain, by its end and their number: nothing is walked twice. */
const known = new Map<string, string>();
/** What was found wrong with a proof, or null. */
const judged = new Map<string, string | null>();

const text = (fields: Fields, name: string): string => (typeof fields[name] === "string" ? fields[name] : "");
const whole = (fields: Fields, name: string): number => (Number.isSafeInteger(fields[name]) ? (fields[name] as number) : -1);

/** Whether hashing the round's hash `number` times gives the chain's published end. */
function isOfChain(hash: string, number: number, end: string): boolean {
  if (number < 1 || number > CHAIN_MAX) return false;
  let at = hash;
  let left = number;
  while (left > 0 && known.get(`${end} ${left}`) !== at) {
    at = nextOfBytes(at);
    left -= 1;
  }
  const isGood = left > 0 || at === end;
  if (isGood) known.set(`${end} ${number}`, hash);
  return isGood;
}

function proofProblem(game: string, proof: Fields): string | null {
  const [hash, signature, end, key] = [text(proof, "hash"), text(proof, "signature"), text(proof, "chain_end_hash"), text(proof, "beacon_public_key")];
  const share = RETURN_BP[game];
  if (share === undefined || !isHex(hash, HASH_BYTES) || !isHex(end, HASH_BYTES)) return "the round's proof is none";
  if (!isOfChain(hash, whole(proof, "chain_number"), end)) return "its hash does not lead to the published end of the chain";
  if (text(proof, "beacon") === "quicknet" && key !== QUICKNET.publicKey) return "the key is not that of quicknet";
  if (!isBeaconSignature(whole(proof, "beacon_round"), signature, key)) return "the signature is not the beacon's of that round";
  if (hex(hmac256(unhex(hash), unhex(signature))) !== text(proof, "digest")) return "the digest is not that of hash and signature";
  const point = decimal(ourPoint(hash, signature, share), 2);
  return point === text(proof, "point") ? null : `hash and signature give ${point}`;
}

function bindingProblem(bet: BetRecord, proof: Fields): string | null {
  const round = bet.outcome["round"];
  if (typeof round !== "string" || round !== bet.params["round"] || round !== proof["round"]) return "the proof is of another round";
  if (proof["point"] !== bet.outcome["crashed_at"]) return `the round's point is ${text(proof, "point")}`;
  const published = beaconTime(QUICKNET, whole(proof, "beacon_round")) * 1_000;
  const inTime = Date.parse(bet.at) < published && published <= Date.parse(bet.closed_at ?? "");
  return inTime ? null : "the beacon's round was not published between the bet and its end";
}

/** Why a bet's round is not proven by what came with it; null when it is. */
export function roundProblem(bet: BetRecord, proof: Fields): string | null {
  const key = `${bet.game} ${canonical(proof)}`;
  let problem = judged.get(key);
  if (problem === undefined) judged.set(key, (problem = proofProblem(bet.game, proof)));
  return problem ?? bindingProblem(bet, proof);
}
