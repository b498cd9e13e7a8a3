/** What the platform says in mails, refusals and checks, from its own catalogue: one source. */
type Part = Readonly<Record<string, string>>;
export type ServerTexts = Readonly<Record<"refusals" | "notifications" | "checks" | "check_reasons" | "check_fixes", Part>>;

export const serverTexts = ({ refusals, notifications, checks, check_reasons, check_fixes }: ServerTexts): ServerTexts => ({ refusals, notifications, checks, check_reasons, check_fixes });

/** Until they come, the server's own words stand. */
export const NO_TEXTS: ServerTexts = { refusals: {}, notifications: {}, checks: {}, check_reasons: {}, check_fixes: {} };
