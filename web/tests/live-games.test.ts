import { answer, refusal } from "./browser";

import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";

import type { Bet, Config, LiveRound, LiveTable, Seat } from "../src/api/client";
import { LivePlay } from "../src/games/live/live.svelte";
import { LiveGame } from "../src/games/live/table.svelte";
import { voidText } from "../src/games/live/words";
import { config } from "../src/state/config.svelte";
import { session } from "../src/state/session.svelte";
import { socket } from "../src/state/socket.svelte";

const START = Date.parse("2026-01-01T00:00:00Z");
const at = (seconds: number): string => new Date(START + seconds * 1000).toISOString();

/** What the server's socket says, and what the server answers now; `null` does not answer. */
class Wire {
  static open: Wire | null = null;
  onopen: (() => void) | null = null;
  onclose: (() => void) | null = null;
  onmessage: ((event: { data: string }) => void) | null = null;

  constructor(readonly url: string) {
    Wire.open = this;
    setTimeout(() => this.onopen?.());
  }

  close(): void {}
}

const push = (type: string, data: unknown): void => Wire.open!.onmessage!({ data: JSON.stringify({ type, data }) });

const round = (number: number, rest: Partial<LiveRound> = {}): LiveRound =>
  ({
    id: `crd_${number}`, number, state: "betting", opened_at: at(0), closes_at: at(6), started_at: null, ended_at: null,
    crashed_at: null, beacon: "quicknet", beacon_round: 9, caps: {}, entrants: 0, reason: null, ...rest,
  }) as LiveRound;
const running = (rest: Partial<LiveRound> = {}): LiveRound => round(1, { state: "running", started_at: at(10), ...rest });
const crashed = (point: string, rest: Partial<LiveRound> = {}): LiveRound => running({ state: "crashed", crashed_at: point, ended_at: at(20), ...rest });
const voided = (): LiveRound => round(1, { state: "void", ended_at: at(36), reason: "beacon_silent" });
const seat = (player: string, rest: Partial<Seat> = {}): Seat => ({ player, currency: "PLAY", stake: "1", auto_cash_out: null, cash_out: null, payout: null, ...rest });
const bet = (rest: object = {}): Bet =>
  ({
    id: "bet_1", game: "crash", currency: "PLAY", state: "open", stake: "1", payout: "0", multiplier: "0.0000", step: 0, balance_after: "49",
    params: { round: "crd_1", auto_cash_out: null }, outcome: { choices: [] }, at: at(1), ...rest,
  }) as unknown as Bet;

let table: LiveTable | null;
let rounds: Bet[];
let posts: ({ path: string; body: Record<string, unknown> })[];
let placed: () => Response;
let end = (): void => undefined;

beforeEach(() => {
  vi.useFakeTimers({ now: START });
  vi.stubGlobal("WebSocket", Wire);
  vi.stubGlobal("window", globalThis);
  vi.stubGlobal("document", { hidden: false, addEventListener: () => undefined, removeEventListener: () => undefined });
  vi.stubGlobal("requestAnimationFrame", (draw: () => void) => setTimeout(draw, 16));
  vi.stubGlobal("cancelAnimationFrame", clearTimeout);
  table = { round: round(1), seats: [], history: [], now_ms: 0 } as unknown as LiveTable;
  rounds = [];
  posts = [];
  placed = () => answer(200, bet());
  vi.stubGlobal("fetch", async (request: Request) => {
    const path = new URL(request.url).pathname;
    if (path === "/v1/ws-ticket") return answer(200, { ticket: "t" });
    if (path === "/v1/rounds/open") return answer(200, { rounds });
    if (path.startsWith("/v1/crash/")) {
      if (table === null) throw new Error("gone");
      return answer(200, { ...table, now_ms: Date.now() });
    }
    posts.push({ path, body: JSON.parse((await request.clone().text()) || "{}") as Record<string, unknown> });
    return placed();
  });
  config.current = {
    now: at(0),
    currencies: [{ code: "PLAY", name: "Play", scale: 6, kind: "play", display_decimals: 2, chains: [] }],
    games: [{ slug: "crash", name: "Crash", limits: {}, paused: null }],
  } as unknown as Config;
  session.player = { id: "ply_1", kind: "guest" } as never;
  session.balances = [{ currency: "PLAY", available: "50", held: "0", locked: "0", value: null }];
  session.selected = "PLAY";
});

afterEach(() => {
  end();
  vi.useRealTimers();
});

const pass = (seconds: number): Promise<unknown> => vi.advanceTimersByTimeAsync(seconds * 1000);

async function game(): Promise<LiveGame> {
  const made = new LiveGame("crash");
  end = made.start();
  await pass(0.1);
  return made;
}

async function play(options: { slug: string; needsTarget?: boolean } = { slug: "crash" }): Promise<LivePlay> {
  const made = new LivePlay(options);
  end = made.start();
  await pass(0.1);
  return made;
}

describe("a live round", () => {
  it("goes through its phases by the server's clock and word", async () => {
    const live = await game();
    const seen = [live.phase];
    await pass(6);
    seen.push(live.phase);
    push("crash.round", running({ started_at: at(8) }));
    seen.push(live.phase);
    await pass(2.1);
    seen.push(live.phase);
    push("crash.tick", { round: "crd_1", at_ms: 200, multiplier: "1.01" });
    expect(live.multiplier).toBeGreaterThan(100n);
    push("crash.round", crashed("1.50"));
    seen.push(live.phase);

    expect(seen).toEqual(["betting", "waiting", "waiting", "running", "ended"]);
    expect([live.multiplier, live.history.map((one) => one.id)]).toEqual([150n, ["crd_1"]]);
  });

  it("shows who is in, and pays the orders that it reached", async () => {
    const live = await game();
    push("crash.bets", { round: "crd_1", bets: [seat("a", { auto_cash_out: "1.40" }), seat("b", { auto_cash_out: "1.60" }), seat("c")] });
    push("crash.bets", { round: "crd_0", bets: [seat("d")] });
    push("crash.round", running({ caps: { PLAY: "1.45" } }));
    push("crash.cash_outs", { round: "crd_1", cash_outs: [seat("c", { cash_out: "1.20" })] });
    push("crash.round", crashed("1.50", { caps: { PLAY: "1.45" } }));

    expect(live.seats.map((one) => [one.player, one.cash_out])).toEqual([["a", "1.40"], ["b", "1.45"], ["c", "1.20"]]);
  });

  it("takes no news of a round that is over", async () => {
    const live = await game();
    push("crash.round", round(2));
    push("crash.round", crashed("3.00"));

    expect([live.round?.id, live.history]).toEqual(["crd_2", []]);
  });

  it("is shown no further than was heard, and says so", async () => {
    const live = await game();
    push("crash.round", running({ started_at: at(0) }));
    table = null;
    await pass(2);
    expect(live.isSilent).toBe(false);
    await pass(2);
    const held = live.multiplier;
    await pass(5);
    expect([live.isSilent, live.multiplier]).toEqual([true, held]);

    table = { round: running({ started_at: at(0) }), seats: [], history: [] } as unknown as LiveTable;
    await pass(2);

    expect(live.isSilent).toBe(false);
    expect(live.multiplier).toBeGreaterThan(held);
  });

  it("is asked for when something is overdue, whatever its phase", async () => {
    const live = await game();
    table = null;
    await pass(12);
    expect([live.phase, live.isSilent]).toEqual(["waiting", true]);

    table = { round: voided(), seats: [], history: [voided()] } as unknown as LiveTable;
    await pass(2);

    expect([live.phase, live.isSilent, live.history.length]).toEqual(["void", false, 1]);
  });

  it("is fetched whole after a break of the socket", async () => {
    const live = await game();
    table = { round: round(4), seats: [seat("a")], history: [crashed("2.00")] } as unknown as LiveTable;
    Wire.open!.onclose!();
    await pass(3);

    expect([live.round?.id, live.seats.length, live.history.length, socket.connected]).toEqual(["crd_4", 1, 1, true]);
  });
});

describe("a bet in a live round", () => {
  it("is placed while bets are taken, cashed out once, and counted once", async () => {
    const own = await play();
    await own.bet();
    expect([own.open, own.own?.id, own.locked, posts[0]?.body["params"]]).toEqual([true, "bet_1", true, { round: "crd_1", auto_cash_out: null }]);

    push("crash.round", running({ started_at: at(0) }));
    placed = () => answer(200, bet({ outcome: { choices: [{ do: "cash_out" }], cash_out: "1.20" } }));
    await own.cashOut();
    expect([own.leftAt, own.open]).toEqual([120n, false]);
    push("crash.round", crashed("1.50"));
    const paid = bet({ state: "settled", payout: "1.2", multiplier: "1.2000", outcome: { cash_out: "1.20", crashed_at: "1.50" } });
    push("bet", paid);
    push("bet", paid);
    await pass(0.1);

    expect([own.results.length, own.won?.id, own.locked]).toEqual([1, "bet_1", false]);
  });

  it("waits for the next round, and is taken back by the same button", async () => {
    table = { round: running({ started_at: at(0) }), seats: [], history: [] } as unknown as LiveTable;
    const own = await play();
    await own.bet();
    expect([own.queued, posts.length]).toEqual(["PLAY", 0]);
    await own.bet();
    expect(own.queued).toBe(null);

    await own.bet();
    placed = () => answer(200, bet({ params: { round: "crd_2" } }));
    push("crash.round", round(2, { opened_at: at(0), closes_at: at(30) }));
    await pass(0.5);

    expect([own.queued, own.own?.id, posts.map((one) => (one.body["params"] as { round: string }).round)]).toEqual([null, "bet_1", ["crd_2"]]);
  });

  it("gets its stake back from a void round: no result, no celebration, and the next one is open", async () => {
    const own = await play();
    await own.bet();
    push("crash.round", voided());
    push("bet", bet({ state: "void", balance_after: "50", outcome: { ended: "void", reason: "beacon_silent" } }));
    await pass(0.1);

    expect([own.table.phase, own.own?.state, own.open, own.locked, own.won]).toEqual(["void", "void", false, false, null]);
    expect([own.results, session.balance("PLAY")?.available]).toEqual([[], "50"]);
    expect([voidText(own.table.round), voidText(round(1))]).toEqual([expect.stringContaining("beacon did not answer"), "All stakes go back."]);
  });

  it("goes on by itself after a void round", async () => {
    const own = await play();
    own.mode = "auto";
    own.targetText = "2.00";
    own.auto.count = "2";
    const running = own.auto.run();
    await pass(0.1);
    push("bet", bet({ state: "void", balance_after: "50" }));
    placed = () => answer(200, bet({ id: "bet_2", params: { round: "crd_2" } }));
    push("crash.round", round(2, { opened_at: at(0), closes_at: at(30) }));
    await pass(1);
    push("bet", bet({ id: "bet_2", params: { round: "crd_2" }, state: "settled", payout: "2", multiplier: "2.0000" }));
    await pass(1);
    await running;

    expect([own.auto.done, own.results.map((one) => one.id)]).toEqual([2, ["bet_2"]]);
    expect(posts.map((one) => one.body["automatic"])).toEqual([true, true]);
  });

  it("that was refused at the crash shows what the server has", async () => {
    const own = await play();
    await own.bet();
    push("crash.round", running({ started_at: at(0) }));
    placed = () => refusal(409, "round_closed");
    rounds = [bet()];
    await own.cashOut();

    expect([own.open, own.cashing, own.leftAt]).toEqual([true, false, null]);
  });

  it("is found again after a reload, with what it is worth", async () => {
    table = { round: running({ started_at: at(0), caps: { PLAY: "3.00" } }), seats: [], history: [] } as unknown as LiveTable;
    rounds = [bet({ stake: "2" })];
    const own = await play();
    await pass(3);

    const { multiplier } = own.table;
    expect([own.open, own.endsAt, own.worth]).toEqual([true, 300n, (2_000_000n * multiplier) / 100n]);
  });

  it("needs its target where there is no cash-out", async () => {
    config.current!.games[0]!.slug = "slide";
    const own = await play({ slug: "slide", needsTarget: true });
    const said = ["2.00", "1.00", "", "x"].map((text) => {
      own.targetText = text;
      return own.blocked;
    });

    expect(said).toEqual([false, true, true, true]);
  });
});
