import * as catalogue from "../../../fairhouse/messages/catalogue/de.json";
import ours from "./de.json";
import type { ServerTexts } from "./server";

const server: ServerTexts = {
  refusals: catalogue.refusals,
  notifications: catalogue.notifications,
  checks: catalogue.checks,
  check_reasons: catalogue.check_reasons,
  check_fixes: catalogue.check_fixes,
};

/** Fetched only by who reads German. */
export const texts = { ours, server };
