import type { Notice } from "../api/client";
import type { IconName } from "../ui/icons";
import { tOr, type Fields } from "./i18n.svelte";

/** Our sentence for a kind of notification, else the server's. */
export function noticeText(notice: Notice): string {
  return tOr(`notice.${notice.kind}`, notice.text, notice.fields as Fields);
}

export function noticeIcon(notice: Notice): IconName {
  if (notice.kind.startsWith("deposit")) return "deposit";
  if (notice.kind.startsWith("withdrawal")) return "withdraw";
  if (/login|session|password|totp|email|credentials/.test(notice.kind)) return "lock";
  return "bell";
}
