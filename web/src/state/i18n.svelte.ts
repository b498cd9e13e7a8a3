import en from "../messages/en.json";
import { remembered } from "./remembered";

/** Every text a person reads comes from messages/*.json; keys are checked by the compiler. */
export type MessageKey = keyof typeof en;
type Catalogue = Record<MessageKey, string>;
export type Fields = Record<string, string | number>;

export const LANGUAGES = { en: "English", de: "Deutsch" } as const;
export type Language = keyof typeof LANGUAGES;

const loaders: Record<Language, () => Promise<Catalogue>> = {
  en: () => Promise.resolve(en),
  de: () => import("../messages/de.json").then((module) => module.default),
};

class Messages {
  language = $state<Language>("en");
  catalogue = $state.raw<Catalogue>(en);

  async use(language: Language): Promise<void> {
    this.catalogue = await loaders[language]();
    this.language = language;
    document.documentElement.lang = language;
    remembered("language").write(language);
  }

  /** The remembered language, else the browser's, else English. */
  async start(): Promise<void> {
    const wanted = remembered("language").read() ?? navigator.language.slice(0, 2);
    await this.use(isLanguage(wanted) ? wanted : "en");
  }
}

export const messages = new Messages();

export function isLanguage(text: string): text is Language {
  return text in LANGUAGES;
}

function filled(text: string, fields: Fields): string {
  return text.replace(/\{(\w+)\}/g, (whole, name: string) => String(fields[name] ?? whole));
}

/** The text of a key with its {fields} filled in. */
export function t(key: MessageKey, fields: Fields = {}): string {
  return filled(messages.catalogue[key], fields);
}

/** The text of a key made at run time (an error code, a state), or the fallback. */
export function tOr(key: string, fallback: string, fields: Fields = {}): string {
  const text = (messages.catalogue as Record<string, string>)[key];
  return text === undefined ? fallback : filled(text, fields);
}

/** Singular or plural: `key_one` or `key_many` with {n}. */
export function tn(key: "count.minutes" | "count.hours" | "count.days", n: number): string {
  return t(`${key}_${n === 1 ? "one" : "many"}` as MessageKey, { n });
}
