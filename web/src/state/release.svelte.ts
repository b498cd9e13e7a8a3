import { isSending } from "../api/client";
import { t } from "./i18n.svelte";
import { modal, type Modal } from "./modal.svelte";
import { rememberedByTab } from "./remembered";
import { toasts } from "./toasts.svelte";

/** For which release this tab was loaded anew already, and what was about to open then. */
const tried = rememberedByTab("release");
const reopen = rememberedByTab("reopen");

/**
 * A page that stays open over a deployment asks for files that are gone. It is loaded anew then: at once where nothing is at
 * stake, else when the player says so; by itself only once for each release.
 */
class Release {
  /** A newer one is there, and the player says when it comes. */
  waits = $state(false);
  private holds = new Set<() => boolean>();
  /** What could not open. */
  private wanted: Modal | null = null;

  /** Not by itself while that is so; the answer ends it. */
  hold(isAtStake: () => boolean): () => void {
    this.holds.add(isAtStake);
    return () => this.holds.delete(isAtStake);
  }

  start(): void {
    addEventListener("vite:preloadError", () => void this.missed());
    const opens = reopen.read();
    reopen.write("");
    if (opens) modal.open(JSON.parse(opens) as Modal);
  }

  /** A file did not come: a newer release has others, or the network is gone. */
  private async missed(): Promise<void> {
    const isModal = modal.current !== null && !hasDialog();
    if (isModal) {
      this.wanted = modal.current;
      modal.close();
    }
    const newest = await newestScript();
    if (newest === null || newest === startedBy()) {
      if (isModal) toasts.say("bad", t("not_found.broken_text"));
    } else if (tried.read() !== newest && !this.isHeld() && tried.write(newest)) this.reload();
    else this.waits = true;
  }

  /** Load the page anew; what was about to open, opens then. */
  reload(): void {
    if (this.wanted) reopen.write(JSON.stringify(this.wanted));
    location.reload();
  }

  private isHeld(): boolean {
    return isSending() || hasDialog() || [...this.holds].some((isAtStake) => isAtStake());
  }
}

export const release = new Release();

/** Somebody may be typing in it. */
const hasDialog = (): boolean => document.querySelector("dialog[open]") !== null;

/** The script that started this page; its name changes with every build. */
const startedBy = (): string | null => document.querySelector("script[type=module][src]")?.getAttribute("src") ?? null;

/** The same of the page that the server gives now; null while it gives none. */
async function newestScript(): Promise<string | null> {
  try {
    const answer = await fetch("/", { cache: "no-store" });
    return answer.ok ? (/<script[^>]*type="module"[^>]*src="([^"]+)"/.exec(await answer.text())?.[1] ?? null) : null;
  } catch {
    return null;
  }
}
