import { words } from "../kit/words";

/** What tables with chips have in common. */
export const say = words(
  { chip: "Value of a chip", total: "All chips", undo: "Undo", clear: "Clear", double: "Double" },
  { chip: "Wert eines Chips", total: "Alle Chips", undo: "Zurück", clear: "Leeren", double: "Doppelt" },
);
