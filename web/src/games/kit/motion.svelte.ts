import { config } from "../../state/config.svelte";
import { remembered } from "../../state/remembered";

const reduced = typeof matchMedia === "function" ? matchMedia("(prefers-reduced-motion: reduce)") : null;

/** Whether boards move. Money never waits for them: this decides only how a result is shown. */
class Motion {
  /** The player's own switch: results at once. */
  instant = $state(remembered("instant").read() === "on");
  private calm = $state(reduced?.matches ?? false);

  constructor() {
    reduced?.addEventListener("change", (event) => (this.calm = event.matches));
  }

  /** Results at once, where the jurisdiction lets anybody have that. */
  get isInstant(): boolean {
    return this.instant && config.pace.turbo;
  }

  get off(): boolean {
    return this.isInstant || this.calm;
  }

  toggle(): void {
    this.instant = !this.instant;
    remembered("instant").write(this.instant ? "on" : "off");
  }

  /** A duration for a person, 0 when nothing is to move. */
  ms(duration: number): number {
    return this.off ? 0 : duration;
  }

  /** Wait as long as something moves; at once when nothing does. */
  wait(duration: number): Promise<void> {
    return this.off ? Promise.resolve() : new Promise((resolve) => setTimeout(resolve, duration));
  }
}

export const motion = new Motion();
