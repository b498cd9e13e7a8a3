import { describe, expect, it } from "vitest";

import { hueOf } from "../src/ui/colour";
import { countdown } from "../src/wallet/countdown";
import { stagesOf } from "../src/wallet/timeline";

type Step = { state: string; at: string; note: null };
const steps = (...states: string[]): Step[] => states.map((state, n) => ({ state, at: `2026-01-01T00:00:0${n}Z`, note: null }));
const look = (state: string, ...reached: string[]): string =>
  stagesOf({ state, timeline: steps(...reached) } as never)
    .map((view) => ({ done: "x", now: "o", later: "." })[view.status])
    .join("");

describe("the timeline of a withdrawal", () => {
  it("shows what is done and what it waits for", () => {
    expect(look("REQUESTED", "REQUESTED")).toBe("xo....");
    expect(look("CHECKING", "REQUESTED", "CHECKING")).toBe("xo....");
    expect(look("WAITING", "REQUESTED", "CHECKING", "WAITING")).toBe("xo....");
    expect(look("APPROVED", "REQUESTED", "CHECKING", "APPROVED")).toBe("xxxo..");
    expect(look("ORDERED", "REQUESTED", "CHECKING", "APPROVED", "ORDERED")).toBe("xxxo..");
    expect(look("SIGNED", "REQUESTED", "CHECKING", "APPROVED", "ORDERED", "SIGNED")).toBe("xxxxo.");
    expect(look("BROADCAST", "REQUESTED", "CHECKING", "APPROVED", "SIGNED", "BROADCAST")).toBe("xxxxxo");
    expect(look("CONFIRMED", "REQUESTED", "CHECKING", "APPROVED", "SIGNED", "BROADCAST", "CONFIRMED")).toBe("xxxxxx");
  });
});

describe("a countdown", () => {
  it("counts minutes and hours, and ends", () => {
    expect(countdown(125_000)).toBe("2:05");
    expect(countdown(3_729_000)).toBe("1:02:09");
    expect(countdown(400)).toBe("0:01");
    expect(countdown(0)).toBeNull();
  });
});

describe("the brand's hue", () => {
  it("is read from its ground colour", () => {
    expect(hueOf("#ff0000")).toBe(29);
    expect(hueOf("#00ff00")).toBe(142);
    expect(hueOf("#0000ff")).toBe(264);
  });
});
