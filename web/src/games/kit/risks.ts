import { t } from "../../state/i18n.svelte";

export type Risk = "low" | "medium" | "high" | "expert";

/** Risks as a game offers them, for `Segments`. */
export function riskOptions<R extends Risk | "classic">(risks: readonly R[]): { value: R; label: string }[] {
  return risks.map((value) => ({ value, label: t(`risk.${value}`) }));
}

/** A difficulty or risk in words. */
export const difficultyOptions = <D extends "easy" | "medium" | "hard" | "expert" | "master">(all: readonly D[]): { value: D; label: string }[] =>
  all.map((value) => ({ value, label: t(`risk.${value}`) }));
