import type { Game } from "../contract";
import type { Fields } from "../json";
import { climb, rungsOf, type Step } from "../ladder";
import type { Reader } from "../stream";

const MOST = 20;
const HALF = 2 ** 31;

/** Tails when the float is at most one half. */
function toss(reader: Reader): string {
  const side = (number: number): string => (number <= HALF ? "T" : "H");
  return side(reader.raw((number) => (side(number) === "T" ? "tails" : "heads")));
}

export const flip: Game = {
  slug: "flip",
  steps: true,
  play(reader, _params, stake, choices, table) {
    const rungs = rungsOf(table["rungs"]);
    let flips = "";
    return climb(
      {
        words: ["heads", "tails"],
        lost: "wrong",
        pays: (height) => rungs[height - 1] ?? null,
        step(choice) {
          const side = toss(reader);
          flips += side;
          return side === (choice["do"] === "heads" ? "H" : "T") ? "won" : "lost";
        },
        shown: () => ({ flips }),
      },
      stake,
      choices,
    );
  },
  facts: (reader) => ({ flips20: Array.from({ length: MOST }, () => toss(reader)).join("") }),
};

/** Each beats the one before it, rock beats scissors. */
const THROWS = ["rock", "paper", "scissors"];

function handOf(reader: Reader): string {
  return THROWS[reader.pick(THROWS.length, (choice) => THROWS[choice]!)]!;
}

const STEPS: Readonly<Record<string, Step>> = { tie: "tie", win: "won", lose: "lost" };

function resultOf(you: string, house: string): string {
  const ahead = (THROWS.indexOf(you) - THROWS.indexOf(house) + THROWS.length) % THROWS.length;
  return ["tie", "win", "lose"][ahead]!;
}

export const rps: Game = {
  slug: "rps",
  steps: true,
  play(reader, _params, stake, choices, table) {
    const rungs = rungsOf(table["rungs"]);
    const throws: Fields[] = [];
    return climb(
      {
        words: THROWS,
        lost: "beaten",
        steps: MOST,
        pays: (height) => rungs[height - 1] ?? null,
        step(choice) {
          const you = String(choice["do"]);
          const house = handOf(reader);
          const result = resultOf(you, house);
          throws.push({ you, house, result });
          return STEPS[result]!;
        },
        shown: () => ({ throws: [...throws] }),
      },
      stake,
      choices,
    );
  },
  facts: (reader) => ({ outcomes20: Array.from({ length: MOST }, () => handOf(reader)[0]!.toUpperCase()).join("") }),
};
