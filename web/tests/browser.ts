import { vi } from "vitest";

/** What the modules under test read of a browser when they are loaded. Import this file first. */
const memory = new Map<string, string>();

vi.stubGlobal("location", new URL("http://casino.test/"));
vi.stubGlobal("navigator", { onLine: true, language: "en-US" });
vi.stubGlobal("localStorage", {
  getItem: (key: string) => memory.get(key) ?? null,
  setItem: (key: string, value: string) => memory.set(key, value),
});

/** An answer as the server gives it. */
export function answer(status: number, body: unknown): Response {
  return new Response(body === undefined ? null : JSON.stringify(body), { status, headers: { "content-type": "application/json" } });
}

export function refusal(status: number, code: string, rest: object = {}): Response {
  return answer(status, { error: { code, message: `server says ${code}`, param: null, fields: {}, request_id: "req_1", ...rest } });
}
