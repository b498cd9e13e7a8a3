import "./browser";

import { beforeAll, beforeEach, describe, expect, it, vi } from "vitest";

import type { Bet, Config } from "../src/api/client";
import { Autobet } from "../src/games/kit/autobet.svelte";
import { isWin, luckyOnes } from "../src/games/kit/bets";
import { Instant } from "../src/games/kit/instant.svelte";
import { Stake } from "../src/games/kit/stake.svelte";
import { CASH_OUT, Steps } from "../src/games/kit/steps.svelte";
import { config } from "../src/state/config.svelte";
import { messages } from "../src/state/i18n.svelte";
import { session } from "../src/state/session.svelte";
import { answer, refusal } from "./browser";

type Sent = { path: string; body: Record<string, unknown> };
let sent: Sent[] = [];
let waiting: Response[] = [];

const bet = (rest: object = {}): Bet =>
  ({
    id: "bet_1", game: "hilo", currency: "PLAY", state: "settled", stake: "1", payout: "0", multiplier: "0.0000", step: 0,
    balance_after: "49", params: {}, outcome: {}, at: "2026-01-01T00:00:00Z", ...rest,
  }) as Bet;
const open = (step: number, rest: object = {}): Bet => bet({ state: "open", step, outcome: { cash_out: "1.5", choices: [] }, ...rest });

beforeEach(() => {
  sent = [];
  waiting = [];
  vi.stubGlobal("fetch", async (request: Request) => {
    const text = request.method === "GET" ? "{}" : await request.clone().text();
    sent.push({ path: new URL(request.url).pathname, body: JSON.parse(text || "{}") as Record<string, unknown> });
    return waiting.shift() ?? answer(500, null);
  });
  config.current = {
    now: new Date().toISOString(),
    currencies: [{ code: "PLAY", name: "Play", scale: 6, kind: "play", display_decimals: 2, chains: [] }],
    games: [{ slug: "hilo", name: "HiLo", limits: {}, paused: null }],
  } as unknown as Config;
  session.player = { id: "ply_1", kind: "guest" } as never;
  session.balances = [{ currency: "PLAY", available: "50", held: "0", locked: "0", value: null }];
  session.selected = "PLAY";
});

const answers = (...bets: Response[]): void => void waiting.push(...bets);

describe("an instant game", () => {
  it("gives the money at once and its win to the screen when the board has shown it", async () => {
    let shown = (): void => undefined;
    const play = new Instant({ slug: "limbo", params: () => ({ target: "2.00" }), show: () => new Promise<void>((resolve) => (shown = resolve)) });
    answers(answer(200, bet({ payout: "2", multiplier: "2.0000", balance_after: "51" })));

    const betting = play.bet();
    await vi.waitFor(() => expect(session.balance("PLAY")?.available).toBe("51"));
    expect([session.veiled["PLAY"], play.results.length, play.won]).toEqual([2_000_000n, 0, null]);
    shown();
    await betting;

    expect([session.veiled["PLAY"], play.results.length, play.won?.id]).toEqual([0n, 1, "bet_1"]);
    expect(sent[0]).toMatchObject({ path: "/v1/games/limbo/bets", body: { stake: "1", currency: "PLAY", params: { target: "2.00" } } });
  });

  it("celebrates nothing that pays back the stake or less", () => {
    expect([isWin(bet({ payout: "1" })), isWin(bet({ payout: "0.5" })), isWin(bet({ payout: "1.000001" }))]).toEqual([false, false, true]);
  });
});

describe("a newcomer", () => {
  beforeAll(() => messages.complete());

  const crowded = (seconds: number): Response => refusal(429, "too_many_requests", { fields: { retry_after_s: seconds } });
  const play = (): Instant => {
    session.player = null;
    return new Instant({ slug: "limbo", params: () => ({}) });
  };

  it("waits their turn where many begin at once, and has the bet", async () => {
    vi.useFakeTimers();
    const begun = play();
    const welcome = { player: { id: "ply_2", kind: "guest" }, balances: session.balances, csrf_token: "x" };
    answers(crowded(6), crowded(6), answer(200, welcome), answer(200, bet()));

    const betting = begun.bet();
    await vi.runAllTimersAsync();
    await betting;
    vi.useRealTimers();

    expect(sent.map((one) => one.path)).toEqual(["/v1/guest", "/v1/guest", "/v1/guest", "/v1/games/limbo/bets"]);
    expect(begun.results.length).toBe(1);
  });

  it("is told at once when it would take long", async () => {
    const begun = play();
    answers(crowded(600));

    await begun.bet();

    expect([sent.length, begun.results.length, session.player]).toEqual([1, 0, null]);
  });
});

describe("a game of steps", () => {
  const steps = (): Steps => new Steps({ slug: "hilo", params: () => ({}), auto: (now) => (now.step < 2 ? { do: "skip" } : null) });

  it("numbers its steps and cashes out by the same door", async () => {
    const play = steps();
    answers(answer(200, open(0)), answer(200, open(1)), answer(200, bet({ step: 2, payout: "1.5" })));

    await play.bet();
    expect([play.open, play.locked, play.worth]).toEqual([true, true, 1_500_000n]);
    await play.step({ do: "higher" });
    await play.cashOut();

    expect(sent.map(({ body }) => [body["step"], body["choice"]])).toEqual([[undefined, undefined], [0, { do: "higher" }], [1, CASH_OUT]]);
    expect([play.open, play.won?.payout, play.results.length]).toEqual([false, "1.5", 1]);
  });

  it("takes the server's round for the truth when a step is refused", async () => {
    const play = steps();
    answers(answer(200, open(0)), refusal(409, "step_taken"), answer(200, { rounds: [open(3)] }));

    await play.bet();
    await play.step({ do: "lower" });

    expect([play.last?.step, play.busy, play.pending]).toEqual([3, false, null]);
  });

  it("shows how a round ended that is no longer open", async () => {
    const play = steps();
    answers(answer(200, open(0)), refusal(409, "round_closed"), answer(200, { rounds: [] }), answer(200, { bet: bet({ step: 1 }), server_seed: null }));

    await play.bet();
    await play.step({ do: "lower" });

    expect([play.open, play.results.length]).toEqual([false, 1]);
  });

  it("takes up an open round, and follows another tab", async () => {
    const play = steps();
    answers(answer(200, { rounds: [open(2)] }));
    expect(await play.resume()).toBe(true);
    play.told(open(1));
    expect(play.last?.step).toBe(2);
    play.told(open(4));
    expect(play.last?.step).toBe(4);
    play.told(bet({ id: "bet_2", step: 9 }));
    expect(play.open).toBe(true);
  });

  it("counts a round once, whoever tells of its end first", async () => {
    const play = steps();
    answers(answer(200, open(0)));
    await play.bet();
    let come = (_: Response): void => undefined;
    const asked = new Promise<Response>((resolve) => (come = resolve));
    waiting.push(answer(200, { rounds: [] }), asked as unknown as Response);

    const resuming = play.resume();
    await vi.waitFor(() => expect(sent).toHaveLength(3));
    play.told(bet({ step: 1 }));
    come(answer(200, { bet: bet({ step: 1 }), server_seed: null }));
    await resuming;

    expect([play.open, play.results.length]).toEqual([false, 1]);
  });

  it("plays a whole round by itself", async () => {
    const play = steps();
    answers(answer(200, open(0)), answer(200, open(1)), answer(200, open(2)), answer(200, bet({ step: 3, payout: "1.2" })));

    await play.once();

    expect(sent.slice(1).map(({ body }) => (body["choice"] as { do: string }).do)).toEqual(["skip", "skip", "cash_out"]);
  });
});

describe("the jurisdiction", () => {
  it("may forbid autobet and set the pace", async () => {
    config.current = { ...config.current!, play: { autoplay: false, turbo: false } } as unknown as Config;
    config.current!.games[0]!.round_ms = 2_500;
    const played = vi.fn(() => Promise.resolve(bet()));
    const auto = new Autobet(new Stake("hilo"), played);

    await auto.run();

    expect([auto.allowed, config.pace.turbo, config.roundMs("hilo"), config.roundMs("dice")]).toEqual([false, false, 2_500, 0]);
    expect(played).not.toHaveBeenCalled();
  });
});

describe("the lucky", () => {
  it("got tenfold or more", () => {
    expect(luckyOnes([bet({ multiplier: "9.9999" }), bet({ multiplier: "10.0000" }), bet({ multiplier: "12.0000", state: "open" })]).map((one) => one.multiplier)).toEqual(["10.0000"]);
  });
});
