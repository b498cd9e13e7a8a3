import "./browser";

import { describe, expect, it } from "vitest";

import { ApiError, sentenceOf } from "../src/api/errors";
import type { Limit, Protection } from "../src/api/client";
import { messages } from "../src/state/i18n.svelte";
import { protection } from "../src/protection/protection.svelte";
import { amountText, blockText, duration, termText } from "../src/protection/words";

const refusal = (code: string, fields: object = {}): ApiError => new ApiError(409, { code, message: `server says ${code}`, fields: { ...fields } });
const LOSS = { period: "day", limit: "50", remaining: "12.345678", resets_at: "2030-01-02T00:00:00Z" };

const limit = (source: "player" | "operator", amount: string, rest: Partial<Limit> = {}): Limit => ({
  kind: "session",
  period: "day",
  source,
  amount,
  used: "0",
  remaining: amount,
  resets_at: "2999-01-01T00:00:00Z",
  set_at: "2030-01-01T00:00:00Z",
  ...rest,
});

function view(limits: Limit[]): Protection {
  return {
    currency: "USD",
    limits,
    pending: [],
    exclusion: null,
    reality_check_minutes: null,
    today: { minutes: 0, wagered: "0", returned: "0" },
    cool_off_terms: [],
    self_exclusion_terms: [],
  };
}

describe("words", () => {
  it("tell a time in hours and minutes", () => {
    expect([0, 59, 60, 150].map(duration)).toEqual(["0 min", "59 min", "1 h", "2 h 30 min"]);
  });

  it("tell every term of the policy", () => {
    expect(["24h", "7d", "6w", "6m", "1y", "5y", "permanent"].map(termText)).toEqual(["24 hours", "7 days", "6 weeks", "6 months", "1 year", "5 years", "For good"]);
  });

  it("tell money rounded towards zero and minutes as time", () => {
    expect(amountText("loss", "12.349999")).toBe("$12.34");
    expect([amountText("loss", "1.654321", true), amountText("loss", "3.345679")]).toEqual(["$1.66", "$3.34"]);
    expect(amountText("session", "90")).toBe("1 h 30 min");
  });

  it("tell what a limit leaves, and when it begins anew", () => {
    const some = sentenceOf(refusal("loss_limit_reached", LOSS));
    expect(some).toMatch(/^Daily loss limit of \$50\.00: \$12\.34 are left until .*Stake less/);
    const none = sentenceOf(refusal("wager_limit_reached", { ...LOSS, period: "month", remaining: "0" }));
    expect(none).toMatch(/^Monthly wager limit of \$50\.00 reached\. It begins anew /);
  });

  it("tell a block by its kind", () => {
    expect(sentenceOf(refusal("cooling_off", { resets_at: "2030-01-02T00:00:00Z" }))).toMatch(/^You are taking a break until .* Withdrawals stay open\.$/);
    expect(sentenceOf(refusal("excluded"))).toBe("You are excluded from play. Withdrawals stay open.");
    const over = { kind: "self_exclusion", scope: "operator", term: "6m", since: "2020-01-01T00:00:00Z", until: "2020-07-01T00:00:00Z", is_term_over: true, return_asked_at: null } as const;
    expect(blockText(over)).toMatch(/stay excluded until you ask/);
    expect(blockText({ ...over, until: null, is_term_over: false })).toBe("You are excluded from play for good.");
  });

  it("are there in German", async () => {
    await messages.use("de").catch(() => undefined);
    expect(sentenceOf(refusal("excluded"))).toBe("Sie sind vom Spiel gesperrt. Auszahlungen bleiben offen.");
  });
});

describe("protection", () => {
  it("shows the lower of two limits and changes only the player's own", () => {
    protection.accept(view([limit("player", "90"), limit("operator", "60")]));
    expect(protection.binding("session", "day")?.source).toBe("operator");
    expect(protection.own("session", "day")?.amount).toBe("90");
    expect(protection.binding("session", "week")).toBeUndefined();
  });

  it("knows when the time to play is used up", () => {
    protection.accept(view([limit("player", "90", { used: "90", remaining: "0" })]));
    expect(protection.outOfTime).toBe("2999-01-01T00:00:00Z");
    protection.accept(view([limit("player", "90", { used: "89", remaining: "1" })]));
    expect(protection.outOfTime).toBeNull();
  });
});
