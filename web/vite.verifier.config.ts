import { createHash } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { brotliCompressSync, gzipSync } from "node:zlib";

import { svelte } from "@sveltejs/vite-plugin-svelte";
import { defineConfig, type Plugin } from "vite";

const sha256 = (text: string, form: "hex" | "base64"): string => createHash("sha256").update(text).digest(form);

/**
 * Everything of one page in one file that no network can reach: styles and script stand in it, and
 * its policy allows that one script by its hash, inline styles, and nothing else.
 */
function oneFile(): Plugin {
  return {
    name: "one-file",
    enforce: "post",
    generateBundle(_options, bundle) {
      const files = Object.values(bundle);
      const scripts = files.filter((file) => file.type === "chunk");
      const styles = files.filter((file) => file.type === "asset" && file.fileName.endsWith(".css"));
      const page = files.find((file) => file.type === "asset" && file.fileName.endsWith(".html"));
      if (scripts.length !== 1 || page?.type !== "asset") throw new Error("the verifier must be one script and one page");
      // "</" would end the element it stands in.
      const script = scripts[0]!.type === "chunk" ? scripts[0]!.code.trim().replaceAll("</", "<\\/") : "";
      const style = styles.map((file) => (file.type === "asset" ? String(file.source).trim() : "")).join("");
      const policy = `default-src 'none'; script-src 'sha256-${sha256(script, "base64")}'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'`;
      const html = String(page.source)
        .replace(/\s*<(?:script|link)\b[^>]*>(?:<\/script>)?/g, "")
        .replace('<meta charset="utf-8" />', () => `<meta charset="utf-8" />\n    <meta http-equiv="Content-Security-Policy" content="${policy}" />`)
        .replace("</head>", () => `  <style>${style}</style>\n  </head>`)
        .replace("</body>", () => `  <script type="module">${script}</script>\n  </body>`);
      for (const file of files) delete bundle[file.fileName];
      this.emitFile({ type: "asset", fileName: "verify.html", source: html });
    },
    writeBundle({ dir }) {
      const html = readFileSync(`${dir}/verify.html`, "utf8");
      const said = { sha256: sha256(html, "hex"), bytes: Buffer.byteLength(html) };
      writeFileSync(`${dir}/verify.json`, `${JSON.stringify(said)}\n`);
      writeFileSync(`${dir}/verify.html.br`, brotliCompressSync(html));
      writeFileSync(`${dir}/verify.html.gz`, gzipSync(html, { level: 9 }));
      process.stdout.write(`verify.html: ${said.bytes} bytes, sha256 ${said.sha256}\n`);
    },
  };
}

export default defineConfig({
  plugins: [svelte(), oneFile()],
  publicDir: false,
  build: {
    target: "es2022",
    emptyOutDir: false,
    modulePreload: { polyfill: false },
    rollupOptions: { input: "verify/index.html", output: { inlineDynamicImports: true } },
  },
});
