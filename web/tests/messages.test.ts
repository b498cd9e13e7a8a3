import "./browser";

import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { join } from "node:path";

import { parse, type AST } from "svelte/compiler";
import { describe, expect, it } from "vitest";

import de from "../src/messages/de.json";
import type { Words } from "../src/games/kit/words";
import en from "../src/messages/en.json";

const SRC = fileURLToPath(new URL("../src", import.meta.url));
const files = readdirSync(SRC, { recursive: true, encoding: "utf8" }).filter((name) => /\.(svelte|ts)$/.test(name) && !name.endsWith(".d.ts"));
const source = (name: string): string => readFileSync(join(SRC, name), "utf8");

/** Keys that are put together at run time, by their beginning. */
const MADE_AT_RUN_TIME = ["account.", "history.", "kyc.", "check.", "check_state.", "count.", "deposit.state_", "error.", "lobby.filter_", "lobby.line_", "place.", "protection.", "reason.", "risk.", "stage.", "ways.", "withdrawal."];
/** Attributes whose fixed text a person would read or hear. */
const SPOKEN = new Set(["aria-label", "placeholder", "title", "alt", "label", "text", "hint"]);

const fieldsOf = (text: string): string[] => [...text.matchAll(/\{(\w+)\}/g)].map((found) => found[1]!).sort();

describe("catalogues", () => {
  it("have the same keys in the same order", () => {
    expect(Object.keys(de)).toEqual(Object.keys(en));
  });

  it("fill in the same fields and leave nothing empty", () => {
    for (const [key, text] of Object.entries(en)) {
      const translated = (de as Record<string, string>)[key]!;
      expect(fieldsOf(translated), key).toEqual(fieldsOf(text));
      expect(translated.trim(), key).not.toBe("");
    }
  });

  it("hold no key that nothing uses", () => {
    const all = files.map(source).join("\n");
    const unused = Object.keys(en).filter((key) => !all.includes(`"${key}"`) && !MADE_AT_RUN_TIME.some((prefix) => key.startsWith(prefix)));
    expect(unused).toEqual([]);
  });
});

/** Words in a component's markup that come from no catalogue. */
function fixedWords(node: unknown, found: string[]): void {
  if (Array.isArray(node)) return node.forEach((item) => fixedWords(item, found));
  if (typeof node !== "object" || node === null) return;
  const { type } = node as { type?: string };
  if (type === "Text") {
    const { data } = node as AST.Text;
    if (/\p{L}{2,}/u.test(data)) found.push(data.trim());
    return;
  }
  if (type === "Attribute") {
    const attribute = node as AST.Attribute;
    if (SPOKEN.has(attribute.name)) fixedWords(attribute.value, found);
    return;
  }
  if (type === "StyleDirective" || type === "StyleSheet" || type === "Script") return;
  for (const [key, value] of Object.entries(node)) if (key !== "parent") fixedWords(value, found);
}

const games = import.meta.glob(["../src/games/*/words.ts", "!../src/games/kit/words.ts"], { eager: true }) as Record<string, { word: Words<string> }>;

describe.each(Object.entries(games).filter(([, module]) => "word" in module))("the texts of %s", (_, { word }) => {
  it("are all there in both languages, with the same fields", () => {
    expect(Object.keys(word.de)).toEqual(Object.keys(word.en));
    for (const [key, text] of Object.entries(word.en)) {
      expect(fieldsOf(word.de[key]!), key).toEqual(fieldsOf(text));
      expect(word.de[key]!.trim(), key).not.toBe("");
    }
  });
});

describe("components", () => {
  it.each(files.filter((name) => name.endsWith(".svelte")))("%s holds no text of its own", (name) => {
    const found: string[] = [];
    fixedWords(parse(source(name), { modern: true }).fragment, found);
    // No words of a language: the form of an id, and a name.
    expect(found.filter((text) => text !== "bet_…" && text !== "Telegram")).toEqual([]);
  });
});
