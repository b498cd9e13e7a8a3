import { answer, refusal } from "./browser";

import { afterEach, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";

import { api, setCsrfToken, setRenewSession } from "../src/api/client";
import { ApiError, NetworkError, sentenceOf } from "../src/api/errors";
import { messages } from "../src/state/i18n.svelte";

type Sent = { url: string; method: string; body: unknown; csrf: string | null };
let sent: Sent[] = [];

/** Give these answers, one per request; an Error is a lost connection. */
function answers(...list: (Response | Error)[]): void {
  sent = [];
  vi.stubGlobal("fetch", async (request: Request) => {
    const text = await request.clone().text();
    sent.push({ url: new URL(request.url).pathname, method: request.method, body: text ? JSON.parse(text) : null, csrf: request.headers.get("X-CSRF-Token") });
    const next = list.shift();
    if (next === undefined || next instanceof Error) throw next ?? new Error("unexpected request");
    return next;
  });
}

const BET = { id: "bet_0123456789abcdefghjkmnpqrs", currency: "PLAY", stake: "1", automatic: false, params: { target: "50.50", direction: "over" } };

/** The outcome of a request, with its pauses skipped. */
async function passing<T>(asked: Promise<T>): Promise<T> {
  const outcome = asked.then(
    (value) => () => value,
    (error: unknown) => () => {
      throw error;
    },
  );
  await vi.runAllTimersAsync();
  return (await outcome)();
}

beforeEach(() => {
  vi.useFakeTimers();
  setCsrfToken("token-1");
  setRenewSession(() => Promise.resolve());
});
afterEach(() => vi.useRealTimers());

describe("a request with an id of its own", () => {
  it("is repeated with the same body until an answer comes", async () => {
    answers(new TypeError("network"), answer(503, null), answer(200, { id: BET.id }));
    expect(await passing(api.placeBet("dice", BET))).toEqual({ id: BET.id });
    expect(sent).toHaveLength(3);
    expect(sent.map((one) => one.body)).toEqual([BET, BET, BET]);
  });

  it("is not repeated after a refusal", async () => {
    answers(refusal(409, "insufficient_funds", { param: "stake" }));
    await expect(api.placeBet("dice", BET)).rejects.toMatchObject({ code: "insufficient_funds", param: "stake", status: 409 });
    expect(sent).toHaveLength(1);
  });

  it("gives up in the end", async () => {
    answers(...Array.from({ length: 6 }, () => new TypeError("network")));
    await expect(passing(api.placeBet("dice", BET))).rejects.toBeInstanceOf(NetworkError);
    expect(sent).toHaveLength(6);
  });
});

describe("any other request", () => {
  it("is sent once", async () => {
    answers(new TypeError("network"));
    await expect(api.logOut()).rejects.toBeInstanceOf(NetworkError);
    expect(sent).toHaveLength(1);
  });
});

describe("the CSRF token", () => {
  it("goes with writes only", async () => {
    answers(answer(200, { bets: [] }), answer(204, undefined));
    await api.feed();
    await api.logOut();
    expect(sent.map((one) => one.csrf)).toEqual([null, "token-1"]);
  });

  it("is renewed once when another tab changed the session", async () => {
    setRenewSession(() => {
      setCsrfToken("token-2");
      return Promise.resolve();
    });
    answers(refusal(403, "csrf_invalid"), answer(204, undefined));
    await api.logOut();
    expect(sent.map((one) => one.csrf)).toEqual(["token-1", "token-2"]);
  });
});

describe("the sentence of an error", () => {
  beforeAll(() => messages.complete());

  const said = (code: string, fields: object = {}): string => sentenceOf(new ApiError(409, { code, message: `server says ${code}`, fields: { ...fields } }));

  it("is ours, else the platform's catalogue, else the server's own", () => {
    expect(said("choice_not_open")).toBe("This cannot be chosen now.");
    expect(said("username_taken")).toBe("This username is taken; choose another.");
    expect(said("something_new")).toBe("server says something_new");
  });

  it("has no holes", () => {
    expect(said("terms_outdated", { terms_version: "2026-11-01" })).toContain("2026-11-01");
    expect(said("terms_outdated")).toBe("server says terms_outdated");
  });

  it("calms down when no answer came", () => {
    expect(sentenceOf(new NetworkError())).toContain("nothing is lost");
  });
});
