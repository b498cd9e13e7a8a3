import "./browser";

import { describe, expect, it } from "vitest";

import type { Bet } from "../src/api/client";
import { totalOf } from "../src/games/baccarat/baccarat.svelte";
import { layoutOf, totalText } from "../src/games/blackjack/blackjack.svelte";
import { bestPlay } from "../src/games/blackjack/strategy";
import { cardName } from "../src/games/cards/words";
import { isStrict, offerOf, seenOf } from "../src/games/hilo/hilo.svelte";
import { stateOf } from "../src/games/keno/keno.svelte";
import { placesOf } from "../src/games/scarab/scarab.svelte";
import { bestHold } from "../src/games/videopoker/best";
import { handOf, heldOf } from "../src/games/videopoker/videopoker.svelte";

const round = (state: string, outcome: object): Bet => ({ id: "bet_1", state, stake: "1", payout: "0", params: {}, outcome }) as unknown as Bet;

describe("a card", () => {
  it("has a name for those who hear it", () => {
    expect(cardName("10h")).toBe("10 of hearts");
    expect(cardName("As")).toBe("Ace of spades");
    expect(cardName(null)).toBe("Covered card");
  });
});

describe("a blackjack board", () => {
  it("counts what is seen, and both ways while an ace may be either", () => {
    expect(totalText(["Ks", null])).toBe("10");
    expect(totalText(["As", "6h"])).toBe("7, 17");
    expect(totalText(["As", "6h"], true)).toBe("17");
    expect(totalText(["As", "Kh"])).toBe("21");
    expect(totalText(["As", "6h", "9d"])).toBe("16");
    expect(totalText([])).toBe("");
  });

  it("covers the dealer's second card until the round is over", () => {
    const hands = [{ cards: ["5d", "6d"], stake: "1", state: "playing", total: 11, soft: false }];
    expect(layoutOf(round("open", { hands, dealer: ["9c"], active: 0 })).dealer).toEqual(["9c", null]);
    expect(layoutOf(round("settled", { hands, dealer: ["9c", "8h"], active: null })).dealer).toEqual(["9c", "8h"]);
  });
});

describe("a hilo board", () => {
  it("knows how every card was come to, and which one was wrong", () => {
    const outcome = { cards: ["5s", "Kd", "3c"], choices: [{ do: "skip" }, { do: "higher" }], ended: "wrong" };
    expect(seenOf(round("settled", outcome))).toEqual([
      { card: "5s", by: "start", wrong: false },
      { card: "Kd", by: "skip", wrong: false },
      { card: "3c", by: "higher", wrong: true },
    ]);
  });

  it("offers what the server offers, and says when the same rank does not win", () => {
    const bet = round("open", { cards: ["As"], choices: [], higher: { chance: "92.30", multiplier: "1.0725" }, lower: null });
    expect(offerOf(bet, "higher")?.multiplier).toBe("1.0725");
    expect(offerOf(bet, "lower")).toBeNull();
    expect([isStrict("higher", "As"), isStrict("lower", "As"), isStrict("lower", "Kd"), isStrict("higher", "7c")]).toEqual([true, false, true, false]);
  });
});

describe("a baccarat board", () => {
  it("counts the last digit, tens and faces nothing", () => {
    expect(totalOf(["7d", "8c"])).toBe(5);
    expect(totalOf(["Kd", "10c", "As"])).toBe(1);
    expect(totalOf(["9s", "Qh"])).toBe(9);
  });
});

describe("other boards", () => {
  it("keno tells hits from misses", () => {
    const picked = new Set([3, 7]);
    expect([3, 7, 9, 10].map((number) => stateOf(number, picked, [7, 9]))).toEqual(["picked", "hit", "drawn", "idle"]);
  });

  it("scarab draws a win over the symbols that made it, from the left", () => {
    expect(placesOf({ line: 2, symbol: "ankh", count: 3, multiplier: "20.0000" }, [[1, 1, 1, 1, 1], [0, 1, 2, 1, 0]])).toEqual([[0, 0], [1, 1], [2, 2]]);
  });

  it("video poker names only hands that pay", () => {
    expect(handOf(round("open", { cards: [], hand: "none" }))).toBeNull();
    const drawn = round("settled", { cards: [], hand: "flush", held: [0, 4] });
    expect([handOf(drawn), heldOf(drawn)]).toEqual(["flush", [0, 4]]);
  });
});

describe("automatic blackjack", () => {
  const two = ["hit", "stand", "double"];
  const pair = [...two, "split"];

  it("plays best", () => {
    expect(bestPlay(["8s", "8h"], "Kd", pair)).toBe("split");
    expect(bestPlay(["5s", "5h"], "6d", pair)).toBe("double");
    expect(bestPlay(["As", "7h"], "2d", two)).toBe("stand");
    expect(bestPlay(["As", "7h"], "Jd", two)).toBe("hit");
    expect(bestPlay(["Ks", "2h"], "3d", two)).toBe("hit");
    expect(bestPlay(["Ks", "2h"], "4d", two)).toBe("stand");
    expect(bestPlay(["10s", "6h"], "Ad", two)).toBe("hit");
    expect(bestPlay(["As", "6h", "10c"], "6d", ["hit", "stand"])).toBe("stand");
  });

  it("does what is next best where nothing can be added", () => {
    expect(bestPlay(["6s", "5h"], "6d", ["hit", "stand"])).toBe("hit");
    expect(bestPlay(["As", "7h"], "5d", ["hit", "stand"])).toBe("stand");
    expect(bestPlay(["8s", "8h"], "9d", ["hit", "stand"])).toBe("hit");
    expect(bestPlay(["9s", "9h"], "9d", ["hit", "stand"])).toBe("stand");
  });
});

describe("automatic video poker", () => {
  const pays = { royal_flush: 800, straight_flush: 60, four_of_a_kind: 22, full_house: 9, flush: 6, straight: 4, three_of_a_kind: 3, two_pair: 2, jacks_or_better: 1 };

  it("holds what brings most over all draws", () => {
    expect(bestHold(["Ad", "Kd", "Qd", "Jd", "9d"], pays)).toEqual([0, 1, 2, 3]);
    expect(bestHold(["Jd", "Js", "4c", "7h", "9d"], pays)).toEqual([0, 1]);
    expect(bestHold(["2d", "7s", "4c", "9h", "Kd"], pays)).toEqual([4]);
    expect(bestHold(["10d", "Js", "Qc", "Kh", "Kd"], pays)).toEqual([3, 4]);
    expect(bestHold(["5d", "6d", "7d", "8d", "9d"], pays)).toEqual([0, 1, 2, 3, 4]);
    expect(bestHold(["2d", "3s", "4c", "6h", "8d"], pays)).toEqual([]);
  });
});
