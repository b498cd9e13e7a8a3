import { fieldsOf, listOf, settled, whole, type Game } from "../contract";
import type { Fields } from "../json";
import { ratio, shown } from "../ratio";
import type { Reader } from "../stream";
import { at } from "../tables";

const REELS = 5;
const LEAST_ALIKE = 3;

/** The machine as published: what stands on the reels, which lines there are, what they pay. */
type Machine = {
  reels: string[][];
  lines: number[][];
  pays: Readonly<Record<string, Readonly<Record<string, number>>>>;
  wild: string;
  scatter: string;
  scattersForFree: number;
  freeRounds: number;
  roundsMost: number;
};

function machineOf(table: Fields): Machine {
  const machine = fieldsOf(table["machine"], "machine");
  return {
    reels: listOf(machine["reels"], "reels") as string[][],
    lines: listOf(machine["lines"], "lines") as number[][],
    pays: fieldsOf(machine["pays"], "pays") as Machine["pays"],
    wild: String(machine["wild"]),
    scatter: String(machine["scatter"]),
    scattersForFree: Number(at(table, "scatters_for_free")),
    freeRounds: Number(at(table, "free_rounds")),
    roundsMost: Number(at(table, "rounds_max")),
  };
}

type Spin = { stops: number[]; window: string[][]; scatters: number; free: boolean };

/** Five stops, each the middle of the three rows seen; the reels are rings. */
function spin(reader: Reader, machine: Machine, free: boolean): Spin {
  const stops = machine.reels.map((reel, index) => reader.pick(reel.length, (stop) => `reel ${index + 1}: ${reel[stop]}`));
  const window = machine.reels.map((reel, index) => [-1, 0, 1].map((row) => reel[(stops[index]! + row + reel.length) % reel.length]!));
  return { stops, window, scatters: window.flat().filter((symbol) => symbol === machine.scatter).length, free };
}

/** The paid round, and the free ones that scatters give, in one stream. */
function spins(reader: Reader, machine: Machine): Spin[] {
  const found: Spin[] = [];
  let left = 1;
  while (left > 0 && found.length < machine.roundsMost) {
    const one = spin(reader, machine, found.length > 0);
    found.push(one);
    left += one.scatters >= machine.scattersForFree ? machine.freeRounds - 1 : -1;
  }
  return found;
}

type Win = { symbol: string; count: number; pays: number };

/** How many from the left satisfy a test. */
function run(symbols: readonly string[], test: (symbol: string) => boolean): number {
  const end = symbols.findIndex((symbol) => !test(symbol));
  return end < 0 ? symbols.length : end;
}

/** The best that a line pays; of equal pays the wild's own. */
function winOf(symbols: readonly string[], machine: Machine): Win | null {
  const { wild, scatter } = machine;
  const win = (symbol: string, count: number): Win | null => (count < LEAST_ALIKE ? null : { symbol, count, pays: machine.pays[symbol]?.[count] ?? 0 });
  const wilds = run(symbols, (symbol) => symbol === wild);
  const first = symbols[wilds];
  const own = win(wild, wilds);
  if (wilds === REELS || first === undefined || first === scatter) return own;
  const other = win(first, run(symbols, (symbol) => symbol === wild || symbol === first));
  return own && (!other || own.pays >= other.pays) ? own : other;
}

export const scarab: Game = {
  slug: "scarab",
  steps: false,
  play(reader, params, stake, _choices, table) {
    const machine = machineOf(table);
    const lines = whole(params, "lines", 1, machine.lines.length);
    let sum = 0;
    const rounds = spins(reader, machine).map((one) => {
      const wins: Fields[] = [];
      for (const [index, line] of machine.lines.slice(0, lines).entries()) {
        const win = winOf(line.map((row, reel) => one.window[reel]![row]!), machine);
        if (!win) continue;
        sum += win.pays;
        wins.push({ line: index + 1, symbol: win.symbol, count: win.count, multiplier: shown(ratio(win.pays)) });
      }
      return { stops: one.stops, window: one.window, wins, scatters: one.scatters, free: one.free };
    });
    const most = Number(at(table, "win_max"));
    return settled(stake, sum > most * lines ? ratio(most) : ratio(sum, lines), { rounds });
  },
};

export function scarabFacts(reader: Reader, _params: Fields, table: Fields): Fields {
  return { centerPositionsPerRound: spins(reader, machineOf(table)).map((one) => one.stops) };
}
