/** What a person fills in for each game, and how it becomes parameters and choices. */
import type { Fields, Json } from "../verifier/json";

export type Input = {
  name: string;
  kind: "pick" | "number" | "text" | "list" | "json";
  options?: readonly string[];
  initial: string;
};

const FOUR = ["easy", "medium", "hard", "expert"];
const FIVE = [...FOUR, "master"];
const pick = (name: string, options: readonly string[]): Input => ({ name, kind: "pick", options, initial: options[0]! });

/** The inputs of each game's parameters, with what stands in them at first. */
export const INPUTS: Readonly<Record<string, readonly Input[]>> = {
  dice: [{ name: "target", kind: "text", initial: "50.50" }, pick("direction", ["over", "under"])],
  limbo: [{ name: "target", kind: "text", initial: "2.00" }],
  plinko: [{ name: "rows", kind: "number", initial: "16" }, pick("risk", ["low", "medium", "high", "expert"])],
  keno: [pick("risk", ["classic", "low", "medium", "high"]), { name: "numbers", kind: "list", initial: "3, 13, 16, 17" }],
  roulette: [{ name: "bets", kind: "json", initial: '[{"place": "red", "amount": "1"}]' }],
  wheel: [{ ...pick("segments", ["10", "20", "30", "40", "50"]), kind: "number" }, pick("risk", ["low", "medium", "high"])],
  baccarat: [{ name: "bets", kind: "json", initial: '{"player": "1"}' }],
  scarab: [{ name: "lines", kind: "number", initial: "20" }],
  cases: [pick("difficulty", FOUR)],
  drill: [{ ...pick("drill", ["0", "1", "2"]), kind: "number" }, { name: "target", kind: "text", initial: "2.00" }],
  snakes: [pick("difficulty", FIVE)],
  mines: [{ name: "mines", kind: "number", initial: "3" }],
  dragontower: [pick("difficulty", FIVE)],
  pump: [pick("difficulty", FOUR)],
  chicken: [pick("difficulty", FOUR)],
};

/** How choices are written for people. */
export const CHOICE_EXAMPLES: Readonly<Record<string, string>> = {
  snakes: "roll, roll, cash_out",
  mines: "reveal 0, reveal 24, cash_out",
  hilo: "higher, skip, lower, cash_out",
  blackjack: "hit, stand",
  videopoker: "draw 0 3 4",
  flip: "heads, tails, cash_out",
  rps: "rock, paper, cash_out",
  dragontower: "climb 0, climb 2, cash_out",
  pump: "pump, pump, cash_out",
  chicken: "cross, cross, cash_out",
};

function valueOf(input: Input, text: string): Json {
  if (input.kind === "number") return Number(text);
  if (input.kind === "list") return (text.match(/\d+/g) ?? []).map(Number);
  if (input.kind === "json") return JSON.parse(text) as Json;
  return text.trim();
}

/** Parameters from what was filled in; throws when a JSON field is none. */
export function paramsOf(game: string, filled: Readonly<Record<string, string>>): Fields {
  return Object.fromEntries((INPUTS[game] ?? []).map((input) => [input.name, valueOf(input, filled[input.name] ?? input.initial)]));
}

/** What stands in the inputs for given parameters. */
export function filledOf(game: string, params: Fields): Record<string, string> {
  const text = (value: Json | undefined): string => {
    if (value === undefined || value === null) return "";
    if (Array.isArray(value) && value.every((item) => typeof item === "number")) return value.join(", ");
    return typeof value === "object" ? JSON.stringify(value) : String(value);
  };
  return Object.fromEntries((INPUTS[game] ?? []).map((input) => [input.name, input.name in params ? text(params[input.name]) : input.initial]));
}

/** "reveal 7, cash_out" or a JSON list as choices; null when it is neither. */
export function choicesOf(text: string): Fields[] | null {
  const trimmed = text.trim();
  if (trimmed === "") return [];
  if (trimmed.startsWith("[")) {
    try {
      return JSON.parse(trimmed) as Fields[];
    } catch {
      return null;
    }
  }
  const found = trimmed.split(/[,;\n]+/).map((part) => choiceOf(part.trim()));
  return found.includes(null) ? null : (found as Fields[]);
}

function choiceOf(text: string): Fields | null {
  const [word = "", ...rest] = text.split(/\s+/);
  const numbers = rest.map(Number);
  if (!/^[a-z_]+$/.test(word) || numbers.some((number) => !Number.isInteger(number))) return null;
  if (word === "draw") return { do: word, hold: numbers };
  return numbers.length > 0 ? { do: word, tile: numbers[0]! } : { do: word };
}

/** Choices as a person would write them. */
export function choicesText(choices: readonly Fields[]): string {
  return choices.map((choice) => [choice["do"], choice["tile"], ...((choice["hold"] as number[] | undefined) ?? [])].filter((part) => part !== undefined).join(" ")).join(", ");
}
