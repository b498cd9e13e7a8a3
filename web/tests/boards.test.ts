import "./browser";

import { beforeEach, describe, expect, it } from "vitest";

import type { Bet, Config } from "../src/api/client";
import { Autobet } from "../src/games/kit/autobet.svelte";
import { edgeOf, profitOf } from "../src/games/kit/bets";
import { Dice } from "../src/games/dice/dice.svelte";
import { tilesOf } from "../src/games/mines/mines.svelte";
import { Stake } from "../src/games/kit/stake.svelte";
import { Stats, stats } from "../src/games/kit/stats.svelte";
import { config } from "../src/state/config.svelte";
import { session } from "../src/state/session.svelte";

const LIMITS = { PLAY: { min: "0.01", max: "100", max_profit: "1000" } };
const bet = (stake: string, payout: string, rest: object = {}): Bet =>
  ({ id: "bet_1", game: "dice", currency: "PLAY", state: "settled", stake, payout, multiplier: "0.0000", params: {}, outcome: {}, ...rest }) as Bet;

beforeEach(() => {
  config.current = {
    currencies: [{ code: "PLAY", name: "Play", scale: 6, kind: "play", display_decimals: 2, chains: [] }],
    games: [{ slug: "dice", name: "Dice", limits: LIMITS, paused: null }],
  } as unknown as Config;
  session.player = { id: "ply_1", kind: "guest" } as never;
  session.balances = [{ currency: "PLAY", available: "50", held: "0", locked: "0", value: null }];
  session.selected = "PLAY";
});

describe("a stake", () => {
  it("says what is wrong with it", () => {
    const stake = new Stake("dice");
    stake.text = "abc";
    expect(stake.problem).toContain("plain number");
    stake.text = "0.001";
    expect(stake.problem).toContain("0.01 PLAY");
    stake.text = "101";
    expect(stake.problem).toContain("100 PLAY");
    stake.text = "60";
    expect(stake.problem).toContain("balance");
    stake.text = "50";
    expect(stake.problem).toBeUndefined();
  });

  it("halves, doubles and fills within limits and balance", () => {
    const stake = new Stake("dice");
    stake.text = "30";
    stake.double();
    expect(stake.text).toBe("50");
    stake.half();
    expect(stake.text).toBe("25");
    stake.text = "0.01";
    stake.half();
    expect(stake.text).toBe("0.01");
    stake.max();
    expect(stake.text).toBe("50");
  });
});

describe("dice", () => {
  it("keeps chance, target and multiplier together", () => {
    const dice = new Dice();
    expect([dice.chance, dice.multiplier]).toEqual([4_950, 20_000n]);
    dice.flip();
    expect([dice.direction, dice.target]).toEqual(["under", 4_950]);
    dice.setMultiplier("9.9");
    expect([dice.chance, dice.target]).toEqual([1_000, 1_000]);
    dice.chance = 20_000;
    expect(dice.chance).toBe(9_800);
    dice.play.stake.text = "10";
    dice.chance = 4_950;
    expect(dice.profit).toBe(10_000_000n);
  });
});

describe("autobet", () => {
  /** Plays these outcomes and notes the stakes. */
  function runner(outcomes: ("win" | "loss" | Error)[]): { auto: Autobet; stakes: string[]; stake: Stake } {
    const stake = new Stake("dice");
    const stakes: string[] = [];
    const auto = new Autobet(stake, () => {
      const outcome = outcomes.shift();
      stakes.push(stake.text);
      if (outcome === undefined || outcome instanceof Error) return Promise.reject(outcome ?? new Error("too many bets"));
      return Promise.resolve(bet(stake.text, outcome === "win" ? String(Number(stake.text) * 2) : "0"));
    });
    stake.text = "1";
    return { auto, stakes, stake };
  }

  it("grows after a loss and resets after a win, then gives the first stake back", async () => {
    const { auto, stakes, stake } = runner(["loss", "loss", "win", "loss"]);
    auto.count = "4";
    auto.onLoss = { mode: "increase", percent: "100" };
    await auto.run();
    expect(stakes).toEqual(["1", "2", "4", "1"]);
    expect(stake.text).toBe("1");
    expect(auto.done).toBe(4);
  });

  it("stops on profit and on loss", async () => {
    const winning = runner(["win", "win", "win"]);
    winning.auto.stopProfit = "2";
    await winning.auto.run();
    expect(winning.stakes).toHaveLength(2);
    const losing = runner(["loss", "loss", "loss"]);
    losing.auto.stopLoss = "1";
    await losing.auto.run();
    expect(losing.stakes).toHaveLength(1);
  });

  it("stops at the first error", async () => {
    const { auto, stakes } = runner(["win", new Error("gone"), "win"]);
    auto.count = "3";
    await auto.run();
    expect(stakes).toHaveLength(2);
    expect(auto.running).toBe(false);
  });

  it("stops before a stake that may not be bet", async () => {
    const { auto, stakes } = runner(["loss", "loss", "loss"]);
    auto.onLoss = { mode: "increase", percent: "9900" };
    await auto.run();
    expect(stakes).toEqual(["1"]);
  });
});

describe("a mines board", () => {
  const round = (state: string, outcome: object): Bet => bet("1", "0", { game: "mines", state, params: { mines: 2 }, outcome });

  it("shows only what is known while the round is open", () => {
    const tiles = tilesOf(round("open", { revealed: [3] }), new Set());
    expect(tiles[3]).toBe("gem");
    expect(tiles.filter((tile) => tile === "hidden")).toHaveLength(24);
  });

  it("shows the mine that was hit and the others faded", () => {
    const tiles = tilesOf(round("settled", { revealed: [3], mines: [7, 9], hit: 7 }), new Set());
    expect([tiles[3], tiles[7], tiles[9], tiles[0]]).toEqual(["gem", "hit", "faded-mine", "faded-gem"]);
  });
});

describe("the edge", () => {
  it("is shown in percent, rounded against us", () => {
    expect(edgeOf({ rtp: "0.989901", edge: "0.010099" } as never)).toEqual({ rtp: "98.99", edge: "1.01" });
    expect(edgeOf({ rtp: "0.99", edge: "0.01" } as never)).toEqual({ rtp: "99.00", edge: "1.00" });
  });
});

describe("live statistics", () => {
  it("count settled bets of one currency", () => {
    stats.reset("PLAY");
    stats.add(bet("1", "2"));
    stats.add(bet("1", "0"));
    stats.add(bet("1", "0", { state: "open" }));
    expect([stats.wins, stats.losses, stats.profit, stats.wagered]).toEqual([1, 1, 0n, 2_000_000n]);
    expect(stats.points).toEqual([0n, 1_000_000n, 0n]);
    expect(profitOf(bet("1", "0", { state: "void" }))).toBe(0n);
    expect(new Stats().points).toEqual([0n]);
  });
});
