import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

/** The vectors that the platform's own tests are held against, too. */
export function vectors<T>(name: string): T[] {
  const path = fileURLToPath(new URL(`../../tests/vectors/fairness/${name}.json`, import.meta.url));
  return (JSON.parse(readFileSync(path, "utf8")) as { vectors: T[] }).vectors;
}
