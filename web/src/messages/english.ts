import * as catalogue from "../../../fairhouse/messages/catalogue/en.json";
import { serverTexts } from "./server";

/** Fetched once the first screen stands: until then the server's own sentences are English too. */
export const server = serverTexts(catalogue);
