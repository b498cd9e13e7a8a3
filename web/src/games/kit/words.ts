import { filled, messages, type Fields } from "../../state/i18n.svelte";

/** A game's own texts, fetched with its board: `word("risk", { n: 3 })`. */
export type Words<K extends string> = ((key: K, fields?: Fields) => string) & { readonly en: Record<K, string>; readonly de: Record<K, string> };

/** The texts of one game in every language; the compiler checks that none is missing. */
export function words<const E extends Record<string, string>>(en: E, de: Record<keyof E & string, string>): Words<keyof E & string> {
  const texts = { en: en as Record<keyof E & string, string>, de };
  const word = (key: keyof E & string, fields: Fields = {}): string => filled(texts[messages.language][key], fields);
  return Object.assign(word, texts);
}
