import { config } from "./config.svelte";

/** The server's time, ticking once a second, for countdowns and "3 minutes ago". */
class Clock {
  now = $state(Date.now());

  start(): void {
    setInterval(() => (this.now = config.now()), 1000);
  }
}

export const clock = new Clock();
