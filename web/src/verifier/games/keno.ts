import { listOf, oneOf, Refused, settled, type Game } from "../contract";
import type { Fields } from "../json";
import { exact } from "../ratio";
import type { Reader } from "../stream";
import { at } from "../tables";

const BALLS = 40;
const DRAWN = 10;
const RISKS = ["classic", "low", "medium", "high"] as const;

function draw(reader: Reader): number[] {
  const balls = Array.from({ length: BALLS }, (_, index) => index + 1);
  return reader.shuffled(balls, DRAWN, (ball) => `ball ${ball}`);
}

function chosen(params: Fields): number[] {
  const numbers = listOf(params["numbers"], "numbers") as readonly number[];
  const valid = numbers.every((number) => Number.isInteger(number) && number >= 1 && number <= BALLS);
  if (!valid || numbers.length < 1 || numbers.length > DRAWN || new Set(numbers).size !== numbers.length) {
    throw new Refused("numbers", "numbers must be 1 to 10 different whole numbers from 1 to 40");
  }
  return [...numbers].sort((a, b) => a - b);
}

export const keno: Game = {
  slug: "keno",
  steps: false,
  play(reader, params, stake, _choices, table) {
    const risk = oneOf(params, "risk", RISKS);
    const numbers = chosen(params);
    const drawn = draw(reader);
    const hits = numbers.filter((number) => drawn.includes(number));
    return settled(stake, exact(at(table, "multipliers", risk, numbers.length - 1, hits.length)), { drawn, hits });
  },
  facts(reader) {
    const drawOrder = draw(reader);
    return { numbers: [...drawOrder].sort((a, b) => a - b), drawOrder };
  },
};
