import { describe, expect, it } from "vitest";

import { formatUnits, fromWire, grow, parseUnits, placesFor, toDecimal, valueCents } from "../src/money/amounts";
import { isWireId, newId, toWire, uuid7 } from "../src/money/ids";

describe("amounts", () => {
  it("reads plain decimals and nothing else", () => {
    expect(parseUnits("1.25", 6)).toBe(1_250_000n);
    expect(parseUnits("1,25", 6)).toBe(1_250_000n);
    expect(parseUnits(".5", 2)).toBe(50n);
    expect(parseUnits("5.", 2)).toBe(500n);
    expect(parseUnits("0.10000000", 2)).toBe(10n);
    for (const bad of ["", ".", "-1", "1e3", "0x1", "1.234", "01", "1 2", "NaN", "1,2,3"]) expect(parseUnits(bad, 2)).toBeNull();
  });

  it("keeps what floats would lose", () => {
    expect(parseUnits("90071992547409.93", 2)).toBe(9_007_199_254_740_993n);
    expect(toDecimal(9_007_199_254_740_993n, 2)).toBe("90071992547409.93");
    expect(fromWire("-0.000000001", 9)).toBe(-1n);
    expect(() => fromWire("1.2345", 2)).toThrow();
  });

  it("writes wire text without trailing zeros", () => {
    expect(toDecimal(1_250_000n, 6)).toBe("1.25");
    expect(toDecimal(0n, 6)).toBe("0");
    expect(toDecimal(-5n, 1)).toBe("-0.5");
  });

  it("never shows more than there is", () => {
    expect(formatUnits(1_999_999n, 6, 2)).toBe("1.99");
    expect(formatUnits(1_234_567_890_000n, 6, 2)).toBe("1,234,567.89");
    expect(formatUnits(1_234_567_890_000n, 6, 2, { group: ".", decimal: "," })).toBe("1.234.567,89");
    expect(formatUnits(-1n, 6, 2)).toBe("−0.00");
    expect(formatUnits(7n, 0, 0)).toBe("7");
  });

  it("shows enough places for a small amount", () => {
    expect(placesFor(1n, 9, 8)).toBe(9);
    expect(placesFor(250_000n, 6, 2)).toBe(2);
    expect(placesFor(2_500n, 6, 2)).toBe(3);
    expect(placesFor(0n, 6, 2)).toBe(2);
  });

  it("values at a rate, rounded down", () => {
    expect(valueCents(250_000_000n, 9, "3284.17")).toBe(82_104n);
    expect(valueCents(1n, 8, "97412.55")).toBe(0n);
    expect(valueCents(1_000_000n, 6, "1.000212345678901234")).toBe(100n);
  });

  it("grows by percent in integers", () => {
    expect(grow(1_000_000n, "12.5")).toBe(1_125_000n);
    expect(grow(3n, "50")).toBe(4n);
    expect(grow(100n, "nonsense")).toBe(100n);
  });
});

describe("ids", () => {
  it("are uuid7 in Crockford base32", () => {
    const value = uuid7(0x0123456789ab, new Uint8Array(10).fill(0xff));
    expect(value >> 80n).toBe(0x0123456789abn);
    expect((value >> 76n) & 0xfn).toBe(7n);
    expect((value >> 62n) & 3n).toBe(2n);
    expect(toWire("bet", 0n)).toBe(`bet_${"0".repeat(26)}`);
    expect(toWire("bet", (1n << 128n) - 1n)).toBe(`bet_7${"z".repeat(25)}`);
  });

  it("are fresh, in order of time and recognisable", () => {
    const [early, late] = [newId("bet", 1_700_000_000_000), newId("bet", 1_700_000_000_001)];
    expect(early < late).toBe(true);
    expect(isWireId("bet", early)).toBe(true);
    expect(isWireId("wdr", early)).toBe(false);
    expect(newId("bet", 1)).not.toBe(newId("bet", 1));
  });
});
