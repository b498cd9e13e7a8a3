import { explain, type ApiError } from "../api/errors";
import type { Exclusion, LimitKind, Period } from "../api/client";
import { referenceMoney } from "../state/amounts.svelte";
import { messages, serverText, t, tn, type MessageKey } from "../state/i18n.svelte";
import { linkRefusals } from "../state/toasts.svelte";

/** Refusals that the player's own protection is the reason of. */
const LIMITS = ["loss_limit_reached", "wager_limit_reached", "deposit_limit_reached"] as const;
const BLOCKS = ["session_time_reached", "cooling_off", "excluded"] as const;

/** "Monday, 3 March, 00:00", in the reader's language and zone. */
export function moment(at: string): string {
  const format = new Intl.DateTimeFormat(messages.language, { weekday: "short", day: "numeric", month: "short", hour: "2-digit", minute: "2-digit" });
  return format.format(new Date(at));
}

/** With the year: for what is months away. */
export function date(at: string): string {
  return new Intl.DateTimeFormat(messages.language, { dateStyle: "long", timeStyle: "short" }).format(new Date(at));
}

/** "2 h 30 min" of a whole number of minutes. */
export function duration(minutes: number): string {
  const hours = Math.floor(minutes / 60);
  const rest = minutes % 60;
  if (hours === 0) return t("protection.minutes", { n: rest });
  return rest === 0 ? t("protection.hours", { n: hours }) : t("protection.hours_minutes", { h: hours, m: rest });
}

/** A limit's amount for a person; `up` for what is used, so that it and what is left make the whole. */
export function amountText(kind: LimitKind, amount: string, up = false): string {
  return kind === "session" ? duration(Number(amount)) : referenceMoney(amount, up);
}

/** "6m", "24h", "permanent" in words. */
export function termText(term: string): string {
  const found = /^(\d+)([hdwmy])$/.exec(term);
  if (!found) return t("protection.term_permanent");
  const n = Number(found[1]);
  const unit = found[2]!;
  if (unit === "h") return tn("count.hours", n);
  if (unit === "d") return t("protection.term_days", { n });
  if (unit === "w") return t("protection.term_weeks", { n });
  if (unit === "m") return t("protection.term_months", { n });
  return n === 1 ? t("protection.term_year") : t("protection.term_years", { n });
}

/** What keeps the player from playing, and until when. */
export function blockText(exclusion: Exclusion): string {
  if (exclusion.kind === "cool_off") return t("protection.block_break", { until: moment(exclusion.until ?? "") });
  if (exclusion.until === null) return t("protection.block_permanent");
  if (exclusion.is_term_over) return t("protection.block_over");
  return t("protection.block_excluded", { until: date(exclusion.until) });
}

function limitSentence(error: ApiError): string {
  const kind = error.code.split("_")[0] as LimitKind;
  const { limit, remaining, resets_at, period } = error.fields;
  if (limit === undefined || resets_at === undefined) return serverText("refusals", error.code, {}, error.message);
  return t(Number(remaining) > 0 ? "protection.refused_some" : "protection.refused_all", {
    limit: t(`protection.name_${kind}_${String(period) as Period}` as MessageKey),
    amount: amountText(kind, String(limit)),
    left: amountText(kind, String(remaining)),
    until: moment(String(resets_at)),
  });
}

function blockSentence(error: ApiError): string {
  const until = error.fields["resets_at"];
  if (error.code === "excluded") return t("protection.refused_excluded");
  const at = until ? moment(String(until)) : "";
  return t(error.code === "cooling_off" ? "protection.refused_break" : "protection.out_of_time", { until: at });
}

explain(LIMITS, limitSentence);
explain(BLOCKS, blockSentence);
linkRefusals([...LIMITS, ...BLOCKS], { href: "#/protection", label: () => t("protection.open") });
