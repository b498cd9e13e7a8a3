import { clock } from "../state/clock.svelte";
import { remembered } from "../state/remembered";
import { session } from "../state/session.svelte";
import { live } from "../state/live.svelte";
import { protection } from "./protection.svelte";

const TICK_MS = 5_000;
/** Without a bet for this long the player is not playing. */
const IDLE_MS = 5 * 60_000;

/**
 * When the player is to be shown how long they played and how it went. What counts is time at the
 * screen with bets in it, since the last check; it outlives a reload.
 */
class Reality {
  due = $state(false);
  private playedMs = 0;
  private owner = "";

  start(): void {
    session.onChange(() => this.take());
    this.take();
    setInterval(() => this.tick(), TICK_MS);
  }

  /** Whose time it is; another player's begins with their own. */
  private take(): void {
    this.owner = session.registered ? (session.player?.id ?? "") : "";
    this.due = false;
    this.playedMs = this.owner ? Number(this.kept().read()) || 0 : 0;
  }

  private kept(): ReturnType<typeof remembered> {
    return remembered(`played.${this.owner}`);
  }

  private tick(): void {
    const minutes = protection.view?.reality_check_minutes;
    if (!this.owner || !minutes || this.due || document.hidden) return;
    const newest = live.mine[0]?.at;
    if (!newest || clock.now - Date.parse(newest) > IDLE_MS) return;
    this.playedMs += TICK_MS;
    this.kept().write(String(this.playedMs));
    if (this.playedMs >= minutes * 60_000) void this.show();
  }

  private async show(): Promise<void> {
    await protection.load();
    this.due = true;
  }

  /** The player has seen it and goes on: the next one is a whole interval away. */
  goOn(): void {
    this.due = false;
    this.playedMs = 0;
    this.kept().write("0");
  }
}

export const reality = new Reality();
