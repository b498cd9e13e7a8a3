import { api } from "../api/client";
import { fromWire } from "../money/amounts";
import { scaleOf } from "./amounts.svelte";
import { clock } from "./clock.svelte";
import { session } from "./session.svelte";
import { socket } from "./socket.svelte";

type News = { since: string | null; net: Record<string, string> };

/** A bet is in the journal, and told, within a second; who is not told by then asks. */
const ASK_AFTER_MS = 1_500;
const NONE: News = { since: null, net: {} };

/** How long the player has been betting and what it came to, as the server's journal has it. */
class SittingState {
  private news = $state.raw<News>(NONE);
  private isFollowed = false;

  /** Show it while a game is on screen; the answer ends it. */
  follow(): () => void {
    const ends = [socket.on<News>("sitting", (news) => (this.news = news)), socket.onResync(() => void this.load()), session.onChange(() => void this.load())];
    this.isFollowed = true;
    void this.load();
    return () => {
      this.isFollowed = false;
      ends.forEach((end) => end());
    };
  }

  /** A first bet may be placed before the socket of its player is open. */
  betPlaced(): void {
    if (this.isFollowed && this.news.since === null) setTimeout(() => this.news.since === null && void this.load(), ASK_AFTER_MS);
  }

  private async load(): Promise<void> {
    this.news = session.player ? await api.sitting().catch(() => this.news) : NONE;
  }

  get seconds(): number {
    return this.news.since === null ? 0 : Math.max(0, Math.floor((clock.now - Date.parse(this.news.since)) / 1000));
  }

  /** Units won less units staked; a win counts when its board has shown it. */
  net(currency: string): bigint {
    return fromWire(this.news.net[currency] ?? "0", scaleOf(currency)) - (session.veiled[currency] ?? 0n);
  }
}

export const sitting = new SittingState();
