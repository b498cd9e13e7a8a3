import { ApiError, sentenceOf } from "../api/errors";

export type Tone = "good" | "bad" | "info";
/** Where a toast leads, and the words for it. */
export type ToastLink = { href: string; label: () => string };
export type Toast = { id: number; tone: Tone; text: string; link: ToastLink | null };

const links = new Map<string, ToastLink>();

/** Lead on from refusals with these codes. */
export function linkRefusals(codes: readonly string[], link: ToastLink): void {
  for (const code of codes) links.set(code, link);
}

const STAYS_MS = 5_000;
const MOST = 4;

class Toasts {
  list = $state<Toast[]>([]);
  private next = 1;

  say(tone: Tone, text: string, link: ToastLink | null = null): void {
    if (this.list.some((toast) => toast.text === text)) return;
    const id = this.next++;
    this.list = [...this.list, { id, tone, text, link }].slice(-MOST);
    setTimeout(() => this.drop(id), link ? 2 * STAYS_MS : STAYS_MS);
  }

  /** Tell of a refusal or a lost connection. */
  fail(error: unknown): void {
    const link = error instanceof ApiError ? (links.get(error.code) ?? null) : null;
    this.say("bad", sentenceOf(error), link);
  }

  drop(id: number): void {
    this.list = this.list.filter((toast) => toast.id !== id);
  }
}

export const toasts = new Toasts();
