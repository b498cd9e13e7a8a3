import "./browser";

import { expect, test } from "vitest";

import type { Bet } from "../src/api/client";

test("a bet that is told of twice is listed once, by its newest word", async () => {
  const { eachOnce } = await import("../src/state/live.svelte");
  const bets = [{ id: "bet_2", payout: "2" }, { id: "bet_1" }, { id: "bet_2", payout: "0" }] as Bet[];

  expect(eachOnce(bets)).toEqual([bets[0], bets[1]]);
});
