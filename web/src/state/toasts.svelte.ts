import { sentenceOf } from "../api/errors";

export type Tone = "good" | "bad" | "info";
export type Toast = { id: number; tone: Tone; text: string; link: string | null };

const STAYS_MS = 5_000;
const MOST = 4;

class Toasts {
  list = $state<Toast[]>([]);
  private next = 1;

  say(tone: Tone, text: string, link: string | null = null): void {
    if (this.list.some((toast) => toast.text === text)) return;
    const id = this.next++;
    this.list = [...this.list, { id, tone, text, link }].slice(-MOST);
    setTimeout(() => this.drop(id), STAYS_MS);
  }

  /** Tell of a refusal or a lost connection. */
  fail(error: unknown): void {
    this.say("bad", sentenceOf(error));
  }

  drop(id: number): void {
    this.list = this.list.filter((toast) => toast.id !== id);
  }
}

export const toasts = new Toasts();
