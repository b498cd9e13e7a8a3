import { readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { brotliCompressSync, constants, gzipSync } from "node:zlib";

import { svelte } from "@sveltejs/vite-plugin-svelte";
import type { Plugin, Rollup } from "vite";
import { defineConfig } from "vitest/config";

/** The player API that `npm run dev` talks to. */
const api = "http://127.0.0.1:8080";

/** Compressed neighbours of every text file, made once here and not at every request. */
function compressed(): Plugin {
  return {
    name: "compressed",
    apply: "build",
    writeBundle({ dir }) {
      for (const name of readdirSync(dir!, { recursive: true, encoding: "utf8" })) {
        const path = join(dir!, name);
        if (!/\.(js|css|html|svg|json)$/.test(name) || !statSync(path).isFile()) continue;
        const content = readFileSync(path);
        const brotli = { params: { [constants.BROTLI_PARAM_SIZE_HINT]: content.length, [constants.BROTLI_PARAM_QUALITY]: 11 } };
        writeFileSync(`${path}.br`, brotliCompressSync(content, brotli));
        writeFileSync(`${path}.gz`, gzipSync(content, { level: 9 }));
      }
    },
  };
}

/** The app comes together with the few lines that ask for it, and not after them. */
function early(): Plugin {
  return {
    name: "early",
    apply: "build",
    transformIndexHtml: {
      order: "post",
      handler(_html, { bundle }) {
        const app = Object.values(bundle ?? {}).find((file): file is Rollup.OutputChunk => file.type === "chunk" && file.name === "app")!;
        return [
          { tag: "link", injectTo: "head" as const, attrs: { rel: "modulepreload", crossorigin: true, href: `/${app.fileName}` } },
          ...[...app.viteMetadata!.importedCss].map((css) => ({ tag: "link", injectTo: "head" as const, attrs: { rel: "stylesheet", crossorigin: true, href: `/${css}` } })),
        ];
      },
    },
  };
}

type Modules = { getModuleInfo: (id: string) => { importedIds: readonly string[] } | null };
const reached = new Map<string, Set<string>>();

/** Every module that comes with another one without being asked for. */
function reach(ending: string, id: string, modules: Modules): Set<string> {
  const found = reached.get(ending) ?? new Set<string>();
  reached.set(ending, found);
  if (!found.has(id)) {
    found.add(id);
    for (const next of modules.getModuleInfo(id)?.importedIds ?? []) reach(ending, next, modules);
  }
  return found;
}

const root = (path: string): string => join(import.meta.dirname, path);

/** On a slow phone every file costs a round trip: what starts is one, the app another, what all boards share a third. */
function manualChunks(id: string, modules: Modules): string | undefined {
  if (reach("boot", root("src/boot.ts"), modules).has(id) || id.includes("preload-helper")) return "boot";
  if (reach("app", root("src/main.ts"), modules).has(id)) return "app";
  if (reach("kit", root("src/games/kit/GameFrame.svelte"), modules).has(id) || id.startsWith(root("src/games/kit/"))) return "kit";
  return undefined;
}

export default defineConfig({
  plugins: [svelte(), early(), compressed()],
  server: { port: 5173, proxy: { "/v1": { target: api, ws: true, changeOrigin: true, headers: { origin: api } } } },
  build: {
    target: "es2022",
    // Everything is a file of its own: the content security policy allows no data: scripts.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
    rollupOptions: {
      // Mails link to /reset; every other route lives behind the # of the one page.
      input: ["index.html", "reset/index.html"],
      output: { manualChunks },
    },
  },
  test: { include: ["tests/**/*.test.ts"], environment: "node" },
});
