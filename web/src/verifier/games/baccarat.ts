import { card, rankOf } from "../cards";
import { decimalOf, fieldsOf, Refused, settled, type Game } from "../contract";
import type { Fields } from "../json";
import { exact, NOTHING, plus, ratio, times, type Ratio } from "../ratio";
import type { Reader } from "../stream";

const SIDES = ["player", "banker", "tie"] as const;
type Side = (typeof SIDES)[number];

/** Ace 1, ten and faces 0. */
function points(text: string): number {
  const rank = rankOf(text);
  if (rank === 12) return 1;
  return rank >= 8 ? 0 : rank + 2;
}

const total = (cards: readonly string[]): number => cards.reduce((sum, text) => sum + points(text), 0) % 10;

/** Whether the banker takes a third card, by its total and the player's third card. */
function bankerDraws(banker: number, third: number | null): boolean {
  if (third === null) return banker <= 5;
  if (banker <= 2) return true;
  if (banker === 3) return third !== 8;
  if (banker === 4) return third >= 2 && third <= 7;
  if (banker === 5) return third >= 4 && third <= 7;
  return banker === 6 && (third === 6 || third === 7);
}

/** Player, player, banker, banker, then third cards by the fixed rules. */
function deal(reader: Reader): { player: string[]; banker: string[] } {
  const player = [card(reader), card(reader)];
  const banker = [card(reader), card(reader)];
  if (total(player) >= 8 || total(banker) >= 8) return { player, banker };
  let third: number | null = null;
  if (total(player) <= 5) {
    player.push(card(reader));
    third = points(player[2]!);
  }
  if (bankerDraws(total(banker), third)) banker.push(card(reader));
  return { player, banker };
}

function readBets(params: Fields, scale: number): [Side, bigint][] {
  const bets = fieldsOf(params["bets"], "bets");
  const unknown = Object.keys(bets).find((side) => !(SIDES as readonly string[]).includes(side));
  if (unknown !== undefined) throw new Refused("bets", `${unknown} is no place to bet on`);
  return SIDES.filter((side) => side in bets).map((side) => [side, decimalOf(bets, side, scale)]);
}

export const baccarat: Game = {
  slug: "baccarat",
  steps: false,
  play(reader, params, stake, _choices, table) {
    const bets = readBets(params, stake.scale);
    if (bets.reduce((sum, [, amount]) => sum + amount, 0n) !== stake.units) throw new Refused("bets", "the bets must add up to the stake");
    const { player, banker } = deal(reader);
    const winner: Side = total(player) === total(banker) ? "tie" : total(player) > total(banker) ? "player" : "banker";
    const returns = fieldsOf(fieldsOf(table["returns"], "returns")[winner], "returns");
    const pays = (side: Side): Ratio => (side in returns ? exact(String(returns[side])) : NOTHING);
    // Rounded down once, over the sum of all places.
    const sum = bets.reduce((all, [side, amount]) => plus(all, times(pays(side), ratio(amount))), NOTHING);
    const multiplier = times(sum, ratio(1, stake.units));
    return settled(stake, multiplier, { player, banker, player_total: total(player), banker_total: total(banker), winner });
  },
  facts(reader) {
    const [a, b, c, d, e, f] = Array.from({ length: 6 }, () => card(reader));
    return { player: [a!, b!], banker: [c!, d!], third: [e!, f!] };
  },
};
