import { oneOf, Refused, settled, whole, type Game } from "../contract";
import type { Fields } from "../json";
import { exact } from "../ratio";
import type { Reader } from "../stream";
import { at } from "../tables";

const RISKS = ["low", "medium", "high"] as const;

function spin(reader: Reader, params: Fields, table: Fields): { segment: number; multiplier: string } {
  const segments = whole(params, "segments", 10, 50);
  if (segments % 10 !== 0) throw new Refused("segments", "segments must be 10, 20, 30, 40 or 50");
  const risk = oneOf(params, "risk", RISKS);
  const segment = reader.pick(segments, (choice) => `segment ${choice}`);
  return { segment, multiplier: at(table, "multipliers", String(segments), risk, segment) };
}

export const wheel: Game = {
  slug: "wheel",
  steps: false,
  play(reader, params, stake, _choices, table) {
    const { segment, multiplier } = spin(reader, params, table);
    return settled(stake, exact(multiplier), { segment });
  },
  facts: (reader, params, table) => ({ multiplier: Number(spin(reader, params, table).multiplier) }),
};
