import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

import { describe, expect, it } from "vitest";

import de from "../../src/verify/words.de.json";
import en from "../../src/verify/words.en.json";
import { chanceForMultiplier, chanceOf, multiplierOf as diceMultiplier, payoutOf as dicePayout, targetFor, wins } from "../../src/verifier/games/dice";
import { choose, multiplierAt, multiplierOf, payoutOf } from "../../src/verifier/games/mines";
import { canonical } from "../../src/verifier/json";
import { decimal, exact, trimmed, units } from "../../src/verifier/ratio";
import { scaled } from "../../src/verifier/stream";
import { INPUTS, choicesOf, choicesText, filledOf, paramsOf } from "../../src/verify/forms";
import { usualRelease } from "../../src/verifier/published";

describe("dice", () => {
  it("pays 99 / chance, rounded down", () => {
    expect(dicePayout(1_000_000n, 4_950)).toBe(2_000_000n);
    expect(dicePayout(1_000_000n, 3_333)).toBe(2_970_297n);
    expect(diceMultiplier(9_800)).toBe(10_102n);
  });

  it("mirrors over and under at the same chance", () => {
    for (const chance of [1, 4_950, 9_800]) {
      expect(chanceOf(targetFor(chance, "over"), "over")).toBe(chance);
      expect(chanceOf(targetFor(chance, "under"), "under")).toBe(chance);
    }
    expect(wins(5_050, 5_050, "over")).toBe(false);
    expect(wins(5_051, 5_050, "over")).toBe(true);
    expect(wins(5_050, 5_050, "under")).toBe(false);
    expect(chanceForMultiplier(20_000n)).toBe(4_950);
  });
});

describe("mines", () => {
  it("pays 0.99 · C(25, k) / C(25 − m, k), rounded down", () => {
    expect(choose(25, 12)).toBe(5_200_300n);
    expect(payoutOf(1_000_000n, 3, 1)).toBe(1_125_000n);
    expect(multiplierOf(24, 1)).toBe(247_500n);
    expect(payoutOf(1_000_000n, 3, 0)).toBe(1_000_000n);
  });

  it("is published with that very table", () => {
    const { table } = usualRelease("mines")!;
    const published = table["multipliers"] as unknown as Record<string, [number, number][]>;
    for (let mines = 1; mines <= 24; mines += 1) {
      for (const [index, [n, d]] of published[mines]!.entries()) {
        const formula = multiplierAt(mines, index + 1);
        expect(BigInt(n) * formula.d).toBe(BigInt(d) * formula.n);
      }
    }
  });
});

describe("numbers", () => {
  it("scale exactly, up to the last one", () => {
    const reference = (number: number, of: number): number => Number((BigInt(number) * BigInt(of)) >> 32n);
    for (const of of [2, 7, 25, 37, 52, 10_001, 2 ** 21]) {
      for (const number of [0, 1, 2 ** 31, 2 ** 31 + 1, 2 ** 32 - 1, 4_123_456_789]) expect(scaled(number, of)).toBe(reference(number, of));
    }
    expect(() => scaled(1, 2 ** 22)).toThrow();
  });

  it("are decimals without floats", () => {
    expect(decimal(5n, 2)).toBe("0.05");
    expect(decimal(-150n, 2)).toBe("-1.50");
    expect(trimmed(5_000_000n, 6)).toBe("5");
    expect(units("0.005", 3)).toBe(5n);
    expect(units("0.0051", 3)).toBeNull();
    expect(units("1e3", 3)).toBeNull();
    expect(exact("0.97000001")).toEqual({ n: 97_000_001n, d: 100_000_000n });
  });

  it("have one form as JSON", () => expect(canonical({ b: [1, "ü", null], a: { d: true, c: "\"" } })).toBe('{"a":{"c":"\\"","d":true},"b":[1,"ü",null]}'));
});

describe("the forms", () => {
  it("read back what they write", () => {
    for (const game of Object.keys(INPUTS)) {
      const params = paramsOf(game, {});
      expect(paramsOf(game, filledOf(game, params))).toEqual(params);
    }
    const choices = [{ do: "reveal", tile: 7 }, { do: "draw", hold: [0, 2] }, { do: "cash_out" }];
    expect(choicesOf(choicesText(choices))).toEqual(choices);
    expect(choicesOf(JSON.stringify(choices))).toEqual(choices);
    expect(choicesOf("reveal x")).toBeNull();
  });
});

describe("the verifier's words", () => {
  const fields = (text: string): string[] => [...text.matchAll(/\{(\w+)\}/g)].map((found) => found[1]!).sort();

  it("are the same in both languages", () => {
    expect(Object.keys(de)).toEqual(Object.keys(en));
    for (const [key, text] of Object.entries(en)) expect(fields((de as Record<string, string>)[key]!), key).toEqual(fields(text));
  });

  it("are all used", () => {
    const folder = fileURLToPath(new URL("../../src/verify", import.meta.url));
    const source = readdirSync(folder).filter((name) => /\.(svelte|ts)$/.test(name)).map((name) => readFileSync(join(folder, name), "utf8")).join("\n");
    const made = ["check_", "fault_", "param_", "pair_", "tab_", "proven", "wrong", "unproven", "computed"];
    expect(Object.keys(en).filter((key) => !source.includes(`"${key}"`) && !made.some((start) => key.startsWith(start)))).toEqual([]);
  });
});
