import { motion } from "../kit/motion.svelte";
import { LivePlay } from "../live/live.svelte";
import { LANDING_MS } from "./reel";

/** Slide: one target a bet, and a strip that shows where the round stopped. */
export class Slide {
  /** When this page saw the point come, by its own clock; null for a round that was over before. */
  private landedAt = $state<number | null>(null);
  readonly play = new LivePlay({ slug: "slide", needsTarget: true, show: () => motion.wait(LANDING_MS) });

  /** The point has come while this page watched; or it is another round. */
  land(isSeen: boolean): void {
    this.landedAt = isSeen ? performance.now() : null;
  }

  /** Milliseconds since the point came, as of the newest frame. */
  get stoodMs(): number {
    void this.play.table.now;
    return this.landedAt === null || motion.off ? LANDING_MS : performance.now() - this.landedAt;
  }

  /** The point is known, and the strip does not stand on it yet. */
  get isMoving(): boolean {
    return this.play.table.phase === "ended" && this.stoodMs < LANDING_MS;
  }
}
