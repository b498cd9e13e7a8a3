/** What the platform says in mails, refusals and checks, from its own catalogue: one source. */
import * as catalogue from "../../../fairhouse/messages/catalogue/en.json";

type Part = Readonly<Record<string, string>>;
export type ServerTexts = Readonly<Record<"refusals" | "notifications" | "checks" | "check_reasons" | "check_fixes", Part>>;

export const serverEn: ServerTexts = {
  refusals: catalogue.refusals,
  notifications: catalogue.notifications,
  checks: catalogue.checks,
  check_reasons: catalogue.check_reasons,
  check_fixes: catalogue.check_fixes,
};
