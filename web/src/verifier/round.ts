/** A round of crash or slide as the casino shows it. */
import { isFields, type Fields, type Json } from "./json";

export type CrashRound = {
  scheme: string;
  hash: string;
  salt: string;
  signature: string;
  beaconRound: string;
  beaconKey: string;
  end: string;
  number: string;
  claimed: string;
};

const text = (value: Json | undefined): string => (typeof value === "string" || typeof value === "number" ? String(value) : "");
const inner = (fields: Fields, name: string): Fields => (isFields(fields[name]) ? fields[name] : {});

/** Whatever of a round stands in the JSON, also inside a bet's outcome. */
export function crashRoundOf(value: Fields): CrashRound {
  const bet = isFields(value["bet"]) ? value["bet"] : value;
  const outcome = inner(bet, "outcome");
  const round = { ...outcome, ...inner(outcome, "round"), ...inner(outcome, "proof"), ...bet, ...inner(bet, "round"), ...inner(bet, "proof"), ...inner(value, "round_proof") };
  const isSlide = text(round["game"]) === "slide";
  const any = (...names: string[]): string => names.map((name) => text(round[name])).find((found) => found !== "") ?? "";
  return {
    scheme: isSlide ? "fairhouse slide" : "fairhouse crash",
    hash: any("hash", "game_hash", "gameHash"),
    salt: any("salt"),
    signature: any("signature", "beacon_signature"),
    beaconRound: any("beacon_round"),
    beaconKey: any("beacon_public_key"),
    end: any("chain_end_hash", "end_hash"),
    number: any("chain_number", "number"),
    claimed: any("point", "crashed_at", "crash_point", "result"),
  };
}
