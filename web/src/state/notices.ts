import type { Notice } from "../api/client";
import type { IconName } from "../ui/icons";
import { serverText, type Fields } from "./i18n.svelte";

/** The sentence in the language of this page, else as the server wrote it. */
export function noticeText(notice: Notice): string {
  return serverText("notifications", notice.kind, notice.fields as Fields, notice.text);
}

export function noticeIcon(notice: Notice): IconName {
  if (notice.kind.startsWith("deposit")) return "deposit";
  if (notice.kind.startsWith("withdrawal")) return "withdraw";
  if (/limit|cool_off|exclu|readmitted/.test(notice.kind)) return "heart";
  if (/logged|login|session|password|totp|email|credentials/.test(notice.kind)) return "lock";
  return "bell";
}
