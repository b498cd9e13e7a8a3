/** Colours of multipliers, from what costs money to what is rare. */
const TONES: readonly (readonly [from: number, colour: string])[] = [
  [50, "#ffc53d"],
  [10, "#ff5d8f"],
  [4, "#b57bff"],
  [2, "#4d9cff"],
  [1, "#3dd68c"],
];

/** The colour of a multiplier given as text; grey below the stake. */
export function toneOf(multiplier: string): string {
  return TONES.find(([from]) => Number(multiplier) >= from)?.[1] ?? "#7d89a6";
}
