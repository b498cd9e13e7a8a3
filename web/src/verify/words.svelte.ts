import de from "./words.de.json";
import en from "./words.en.json";

/** The verifier's own catalogue: the offline page carries both languages and nothing of the app's. */
export type WordKey = keyof typeof en;

const CATALOGUES: Readonly<Record<string, Record<WordKey, string>>> = { en, de };

class Words {
  language = $state("en");
}

export const words = new Words();
export const LANGUAGES = Object.keys(CATALOGUES);

export function speak(language: string): void {
  if (language in CATALOGUES) words.language = language;
}

/** The text of a key with its {fields} filled in. */
export function say(key: WordKey, fields: Readonly<Record<string, unknown>> = {}): string {
  const text = CATALOGUES[words.language]![key];
  return text.replace(/\{(\w+)\}/g, (whole, name: string) => String(fields[name] ?? whole));
}

/** The text of a key made at run time, or the key itself. */
export function sayOr(key: string): string {
  return key in en ? say(key as WordKey) : key;
}
