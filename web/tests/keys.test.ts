import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

import { parse, type AST } from "svelte/compiler";
import { expect, test } from "vitest";

/**
 * Two rows of one list with the same key stop the whole page. So a key is either the row's place, or what its maker gave it to
 * be told apart by; never a text, an amount, or whatever else may be there twice.
 */
const SRC = fileURLToPath(new URL("../src", import.meta.url));
const files = readdirSync(SRC, { recursive: true, encoding: "utf8" }).filter((name) => name.endsWith(".svelte"));

/** What is there once by its maker's word. `player`: one seat a round. `line`: one win a line. `key`: a key of the keyboard. `tier`: a level of verification. */
const TELLS_APART = new Set(["id", "slug", "code", "value", "asset", "stage", "place", "player", "line", "key", "tier", "table_hash"]);

type Node = { type?: string; name?: string; property?: Node; object?: Node; expression?: Node; expressions?: Node[]; left?: Node; right?: Node };

/** A list that is written down: `SPOTS`, `["you", "house"] as const`, `{ length: 5 }`. */
function isWritten(list: Node): boolean {
  if (list.type === "TSAsExpression") return isWritten(list.expression!);
  return list.type === "ArrayExpression" || list.type === "ObjectExpression" || (list.type === "Identifier" && list.name === list.name!.toUpperCase());
}

function isSafe(key: Node | undefined, block: AST.EachBlock): boolean {
  const item = block.context as Node | null;
  switch (key?.type) {
    case "Identifier":
      return key.name === block.index || (isWritten(block.expression as Node) && item?.type === "Identifier" && key.name === item.name);
    case "MemberExpression":
      return TELLS_APART.has(key.property!.name ?? "");
    case "TemplateLiteral":
      return key.expressions!.some((part) => isSafe(part, block));
    case "BinaryExpression":
      return isSafe(key.left, block) || isSafe(key.right, block);
    default:
      return false;
  }
}

function* blocksIn(node: unknown): Generator<AST.EachBlock> {
  if (Array.isArray(node)) for (const item of node) yield* blocksIn(item);
  else if (typeof node === "object" && node !== null) {
    if ((node as Node).type === "EachBlock") yield node as AST.EachBlock;
    yield* blocksIn(Object.values(node));
  }
}

test("no list of a page is keyed by what may be there twice", { timeout: 60_000 }, () => {
  const unsafe = files.flatMap((name) => {
    const source = readFileSync(join(SRC, name), "utf8");
    const found = [...blocksIn(parse(source, { modern: true }).fragment)].filter((block) => !isSafe(block.key as Node | undefined, block));
    return found.map((block) => `${name}: ${source.slice(block.start, source.indexOf("}", source.indexOf("(", block.start)) + 1)}`);
  });

  expect(unsafe).toEqual([]);
});
