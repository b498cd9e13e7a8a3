import en from "../messages/en.json";
import { wantedLanguage, type Language } from "../messages/languages";
import { NO_TEXTS, type ServerTexts } from "../messages/server";
import { remembered } from "./remembered";

/** Every text a person reads comes from messages/*.json; keys are checked by the compiler. */
export type MessageKey = keyof typeof en;
export type Catalogue = Record<MessageKey, string>;
export type Fields = Readonly<Record<string, unknown>>;

export { isLanguage, LANGUAGES, type Language } from "../messages/languages";

type Texts = { ours: Catalogue; server: ServerTexts };

const loaders: Record<Language, () => Promise<Texts>> = {
  en: () => Promise.resolve({ ours: en, server: NO_TEXTS }),
  de: () => import("../messages/german").then((module) => module.texts),
};

class Messages {
  language = $state<Language>("en");
  catalogue = $state.raw<Catalogue>(en);
  server = $state.raw<ServerTexts>(NO_TEXTS);

  async use(language: Language): Promise<void> {
    // Also where its texts do not come now: they come when the page is loaded anew.
    remembered("language").write(language);
    const texts = await loaders[language]();
    this.catalogue = texts.ours;
    this.server = texts.server;
    this.language = language;
    document.documentElement.lang = language;
  }

  async start(): Promise<void> {
    await this.use(wantedLanguage());
  }

  /** The platform's own sentences in English: not among what the first screen waits for. */
  async complete(): Promise<void> {
    if (this.language !== "en" || this.server !== NO_TEXTS) return;
    const { server } = await import("../messages/english");
    if (this.language === "en") this.server = server;
  }
}

export const messages = new Messages();

/** A text with its {fields} filled in. */
export function filled(text: string, fields: Fields): string {
  return text.replace(/\{(\w+)\}/g, (whole, name: string) => String(fields[name] ?? whole));
}

/** The text of a key with its {fields} filled in. */
export function t(key: MessageKey, fields: Fields = {}): string {
  return filled(messages.catalogue[key], fields);
}

/** The text of a key made at run time (an error code, a state), or the fallback. */
export function tOr(key: string, fallback: string, fields: Fields = {}): string {
  const text = (messages.catalogue as Record<string, string>)[key];
  return text === undefined ? fallback : complete(filled(text, fields), fallback);
}

/** A text of the platform's own catalogue: refusals, checks, notifications. */
export function serverText(part: keyof ServerTexts, key: string, fields: Fields = {}, fallback: string = key): string {
  const text = messages.server[part][key];
  return text === undefined ? fallback : complete(filled(text, fields), fallback);
}

/** A sentence with a hole is worse than the server's own. */
function complete(text: string, fallback: string): string {
  return /\{\w+\}/.test(text) ? fallback : text;
}

/** Singular or plural: `key_one` or `key_many` with {n}. */
export function tn(key: "count.minutes" | "count.hours" | "count.days", n: number): string {
  return t(`${key}_${n === 1 ? "one" : "many"}` as MessageKey, { n });
}
