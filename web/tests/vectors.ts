import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

/** A file of vectors: what stands at its top, and the vectors. */
export type VectorFile<T> = {
  vectors: T[];
  salt?: string;
  pub?: string;
  terminatingHash?: string;
  terminatingHashCrash?: number;
};

/** The vectors that the platform's own tests are held against, too. */
export function file<T>(name: string): VectorFile<T> {
  const path = fileURLToPath(new URL(`../../tests/vectors/fairness/${name}.json`, import.meta.url));
  return JSON.parse(readFileSync(path, "utf8")) as VectorFile<T>;
}

export function vectors<T>(name: string): T[] {
  return file<T>(name).vectors;
}
