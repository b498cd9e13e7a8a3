import { remembered } from "../state/remembered";

export const LANGUAGES = { en: "English", de: "Deutsch" } as const;
export type Language = keyof typeof LANGUAGES;

export function isLanguage(text: string): text is Language {
  return text in LANGUAGES;
}

/** The remembered language, else the browser's, else English. */
export function wantedLanguage(): Language {
  const wanted = remembered("language").read() ?? navigator.language.slice(0, 2);
  return isLanguage(wanted) ? wanted : "en";
}
