import * as catalogue from "../../../fairhouse/messages/catalogue/de.json";
import ours from "./de.json";
import { serverTexts } from "./server";

/** Fetched only by who reads German. */
export const texts = { ours, server: serverTexts(catalogue) };
