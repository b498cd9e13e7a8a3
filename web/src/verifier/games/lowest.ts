import { fieldsOf, oneOf, type Game } from "../contract";
import type { Fields } from "../json";
import { climb, rungsOf } from "../ladder";
import { shown } from "../ratio";
import type { Reader } from "../stream";

/** How many of the places are bad, by difficulty. */
const BAD = { easy: 1, medium: 3, hard: 5, expert: 10 } as const;
const DIFFICULTIES = ["easy", "medium", "hard", "expert"] as const;

/** What pump and chicken call their parts. */
type Words = { slug: string; places: number; step: string; count: string; lost: string; at: string; fact: string; factBelow: number };

/**
 * A row of places of which some are bad, by Fisher–Yates; the lowest bad place m (from 0) ends the
 * way after m good steps. Step i is good when i <= m, and pays the published rung i.
 */
function lowest(words: Words): Game {
  const places = [...Array(words.places).keys()];
  const good = (reader: Reader, difficulty: keyof typeof BAD): number => Math.min(...reader.shuffled(places, BAD[difficulty], (place) => `place ${place}`));
  const rungs = (table: Fields, difficulty: string) => rungsOf(fieldsOf(table["rungs"], "rungs")[difficulty]);
  return {
    slug: words.slug,
    steps: true,
    play(reader, params, stake, choices, table) {
      const difficulty = oneOf(params, "difficulty", DIFFICULTIES);
      const pays = rungs(table, difficulty);
      const most = good(reader, difficulty);
      let count = 0;
      return climb(
        {
          words: [words.step],
          lost: words.lost,
          pays: (height) => pays[height - 1] ?? null,
          step(_choice, height) {
            if (height >= most) return "lost";
            count += 1;
            return "won";
          },
          shown: (isOver) => ({ [words.count]: count, ...(isOver ? { [words.at]: most + 1 } : {}) }),
        },
        stake,
        choices,
      );
    },
    facts(reader, params, table) {
      const difficulty = oneOf(params, "difficulty", DIFFICULTIES);
      const best = good(reader, difficulty) - words.factBelow;
      return { [words.fact]: best < 1 ? 1 : Number(shown(rungs(table, difficulty)[best - 1]!)) };
    },
  };
}

export const pump = lowest({ slug: "pump", places: 25, step: "pump", count: "pumps", lost: "popped", at: "pops_at", fact: "popMultiplier", factBelow: 0 });
/** Two public versions of chicken's fact disagree by one lane: the vectors name the multiplier one lane below the last safe one. */
export const chicken = lowest({ slug: "chicken", places: 20, step: "cross", count: "lanes", lost: "hit", at: "dies_at", fact: "bestMultiplierBeforeDeath", factBelow: 1 });
