import { svelte } from "@sveltejs/vite-plugin-svelte";
import { defineConfig } from "vitest/config";

/** The player API that `npm run dev` talks to. */
const api = "http://127.0.0.1:8080";

export default defineConfig({
  plugins: [svelte()],
  server: { port: 5173, proxy: { "/v1": { target: api, ws: true, changeOrigin: true, headers: { origin: api } } } },
  build: {
    target: "es2022",
    // Everything is a file of its own: the content security policy allows no data: scripts.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    reportCompressedSize: true,
    // Mails link to /reset; every other route lives behind the # of the one page.
    rollupOptions: { input: ["index.html", "reset/index.html"] },
  },
  test: { include: ["tests/**/*.test.ts"], environment: "node" },
});
