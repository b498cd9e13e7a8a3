/**
 * What a page starts with, while the app itself is still on its way: the board that an address asks for, and a language, begin to
 * come now and not after it. What this imports must stay small.
 */
import { loadGame } from "./games/registry";
import { wantedLanguage } from "./messages/languages";

const wanted = /^#\/game\/(\w+)/.exec(location.hash)?.[1];
if (wanted) void loadGame(wanted)?.().catch(() => undefined);
if (wantedLanguage() === "de") void import("./messages/german").catch(() => undefined);
void import("./main");
