import { decimalOf, fieldsOf, listOf, Refused, type Game } from "../contract";
import type { Fields } from "../json";
import { ratio, shown, trimmed } from "../ratio";

const POCKETS = 37;
const RED = new Set([1, 3, 5, 7, 9, 12, 14, 16, 18, 19, 21, 23, 25, 27, 30, 32, 34, 36]);
const numbers = Array.from({ length: POCKETS - 1 }, (_, index) => index + 1);
const where = (test: (number: number) => boolean): readonly number[] => numbers.filter(test);

const named = (kind: string, groups: readonly (readonly number[])[]): [string, readonly number[]][] => groups.map((group) => [`${kind}:${group.join("-")}`, group]);
/** Streets, lines, columns and dozens go by their first number or their place. */
const counted = (kind: string, firsts: readonly number[], covers: (first: number) => readonly number[]): [string, readonly number[]][] =>
  firsts.map((first) => [`${kind}:${first}`, covers(first)]);
const firsts = where((n) => n % 3 === 1);

/** Every place of the layout, and the pockets it covers. */
const PLACES: ReadonlyMap<string, readonly number[]> = new Map([
  ...named("straight", [0, ...numbers].map((n) => [n])),
  ...named("split", [1, 2, 3].map((n) => [0, n])),
  ...named("split", where((n) => n % 3 !== 0).map((n) => [n, n + 1])),
  ...named("split", where((n) => n <= 33).map((n) => [n, n + 3])),
  ...named("corner", where((n) => n % 3 !== 0 && n <= 32).map((n) => [n, n + 1, n + 3, n + 4])),
  ...named("trio", [[0, 1, 2], [0, 2, 3]]),
  ...counted("basket", [0], () => [0, 1, 2, 3]),
  ...counted("street", firsts, (first) => where((n) => n >= first && n < first + 3)),
  ...counted("line", firsts.slice(0, -1), (first) => where((n) => n >= first && n < first + 6)),
  ...counted("column", [1, 2, 3], (column) => where((n) => n % 3 === column % 3)),
  ...counted("dozen", [1, 2, 3], (dozen) => where((n) => Math.ceil(n / 12) === dozen)),
  ["red", where((n) => RED.has(n))],
  ["black", where((n) => !RED.has(n))],
  ["even", where((n) => n % 2 === 0)],
  ["odd", where((n) => n % 2 === 1)],
  ["low", where((n) => n <= 18)],
  ["high", where((n) => n > 18)],
]);

/** The pockets a place covers. */
export function covered(place: string): readonly number[] {
  const found = PLACES.get(place);
  if (!found) throw new Refused("bets", `${place} is no place of the layout`);
  return found;
}

/** Every place pays 36 shared among its pockets, the stake included. */
function paid(amount: bigint, place: string): bigint {
  return (amount * 36n) / BigInt(covered(place).length);
}

export function colorOf(pocket: number): string {
  if (pocket === 0) return "green";
  return RED.has(pocket) ? "red" : "black";
}

function readBets(params: Fields, scale: number): { place: string; amount: bigint }[] {
  return listOf(params["bets"], "bets").map((item) => {
    const bet = fieldsOf(item, "bets");
    const place = String(bet["place"]);
    covered(place);
    return { place, amount: decimalOf(bet, "amount", scale) };
  });
}

export const roulette: Game = {
  slug: "roulette",
  steps: false,
  play(reader, params, stake) {
    const bets = readBets(params, stake.scale);
    if (bets.reduce((sum, bet) => sum + bet.amount, 0n) !== stake.units) throw new Refused("bets", "the bets must add up to the stake");
    const pocket = reader.pick(POCKETS, (choice) => `pocket ${choice}`);
    const won = bets.filter((bet) => covered(bet.place).includes(pocket)).map((bet) => ({ ...bet, payout: paid(bet.amount, bet.place) }));
    const payout = won.reduce((sum, win) => sum + win.payout, 0n);
    const text = (units: bigint): string => trimmed(units, stake.scale);
    const wins = won.map((win) => ({ place: win.place, amount: text(win.amount), payout: text(win.payout) }));
    const multiplier = shown(ratio(payout, stake.units));
    return { ended: true, staked: stake.units, payout, shown: { pocket, color: colorOf(pocket), wins, multiplier } };
  },
  facts: (reader) => ({ pocket: reader.pick(POCKETS, (choice) => `pocket ${choice}`) }),
};
