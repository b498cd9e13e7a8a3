import { plainWire } from "../../state/amounts.svelte";
import { plain } from "./growth";

/** Hundredths for a person, in the language's signs: "1,000.53". */
export const formatted = (hundredths: bigint): string => plainWire(plain(hundredths));
