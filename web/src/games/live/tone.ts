import { toneOf } from "../kit/tones";

/** The colour of a point: red where hardly anybody left in time, then as multipliers everywhere. */
export const pointTone = (point: string): string => (Number(point) < 1.2 ? "#ff6b80" : toneOf(point));
