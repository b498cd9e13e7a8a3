/**
 * The layout of a European table as a plane: numbers lie at u 1 to 13 and v 0 to 3, zero before them, columns behind, dozens at
 * v 3 and the even chances at v 4. A chip on an edge or a corner lies on a point between the numbers it covers.
 */
export const LENGTH = 14;
export const WIDTH = 5;

const REDS = new Set([1, 3, 5, 7, 9, 12, 14, 16, 18, 19, 21, 23, 25, 27, 30, 32, 34, 36]);
/** Pockets clockwise around the wheel. */
export const WHEEL = [0, 32, 15, 19, 4, 21, 2, 25, 17, 34, 6, 27, 13, 36, 11, 30, 8, 23, 10, 5, 24, 16, 33, 1, 20, 14, 31, 9, 22, 18, 29, 7, 28, 12, 35, 3, 26];

export const colourOf = (pocket: number): "green" | "red" | "black" => (pocket === 0 ? "green" : REDS.has(pocket) ? "red" : "black");

/** `cell`: a field with a size; otherwise a point on an edge. `covers`: the pockets it wins on. */
export type Spot = { place: string; kind: string; u: number; v: number; lu: number; lv: number; cell: boolean; covers: readonly number[] };

const NUMBERS = Array.from({ length: 36 }, (_, at) => at + 1);
const column = (number: number): number => Math.floor((number - 1) / 3);
const row = (number: number): number => 2 - ((number - 1) % 3);

function cell(place: string, u: number, v: number, lu: number, lv: number, covers: readonly number[]): Spot {
  return { place, kind: place.split(":")[0]!, u, v, lu, lv, cell: true, covers };
}

function point(place: string, u: number, v: number, covers: readonly number[]): Spot {
  return { place, kind: place.split(":")[0]!, u, v, lu: 0, lv: 0, cell: false, covers };
}

function numbers(): Spot[] {
  return [cell("straight:0", 0, 0, 1, 3, [0]), ...NUMBERS.map((number) => cell(`straight:${number}`, 1 + column(number), row(number), 1, 1, [number]))];
}

function outside(): Spot[] {
  const half = (place: string, at: number, wins: (number: number) => boolean): Spot => cell(place, 1 + 2 * at, 4, 2, 1, NUMBERS.filter(wins));
  return [
    ...[1, 2, 3].map((which) => cell(`column:${which}`, 13, 3 - which, 1, 1, NUMBERS.filter((number) => (number - 1) % 3 === which - 1))),
    ...[1, 2, 3].map((which) => cell(`dozen:${which}`, 4 * which - 3, 3, 4, 1, NUMBERS.filter((number) => Math.ceil(number / 12) === which))),
    half("low", 0, (number) => number <= 18),
    half("even", 1, (number) => number % 2 === 0),
    half("red", 2, (number) => REDS.has(number)),
    half("black", 3, (number) => !REDS.has(number)),
    half("odd", 4, (number) => number % 2 === 1),
    half("high", 5, (number) => number > 18),
  ];
}

function edges(): Spot[] {
  const spots: Spot[] = [];
  for (const number of NUMBERS) {
    const u = 1 + column(number);
    const v = row(number);
    const isTop = number % 3 === 0;
    const isLast = number > 33;
    if (!isTop) spots.push(point(`split:${number}-${number + 1}`, u + 0.5, v, [number, number + 1]));
    if (!isLast) spots.push(point(`split:${number}-${number + 3}`, u + 1, v + 0.5, [number, number + 3]));
    if (!isTop && !isLast) spots.push(point(`corner:${number}-${number + 1}-${number + 3}-${number + 4}`, u + 1, v, [number, number + 1, number + 3, number + 4]));
    if (number % 3 !== 1) continue;
    spots.push(point(`street:${number}`, u + 0.5, 3, [number, number + 1, number + 2]));
    if (!isLast) spots.push(point(`line:${number}`, u + 1, 3, [0, 1, 2, 3, 4, 5].map((more) => number + more)));
  }
  return spots;
}

function besideZero(): Spot[] {
  return [
    ...[1, 2, 3].map((number) => point(`split:0-${number}`, 1, row(number) + 0.5, [0, number])),
    point("trio:0-1-2", 1, 2, [0, 1, 2]),
    point("trio:0-2-3", 1, 1, [0, 2, 3]),
    point("basket:0", 1, 3, [0, 1, 2, 3]),
  ];
}

/** Every place a chip can lie on. */
export const SPOTS: readonly Spot[] = [...numbers(), ...outside(), ...edges(), ...besideZero()];
