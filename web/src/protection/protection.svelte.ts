import { api, type Limit, type LimitKind, type PendingLimit, type Period, type Protection } from "../api/client";
import { clock } from "../state/clock.svelte";
import { session } from "../state/session.svelte";
import { socket } from "../state/socket.svelte";

export const KINDS: readonly LimitKind[] = ["deposit", "loss", "wager", "session"];
export const PERIODS: readonly Period[] = ["day", "week", "month"];

/** What protects the player, as the server has it. */
class ProtectionState {
  view = $state.raw<Protection | null>(null);
  failed = $state(false);

  start(): void {
    session.onChange(() => void this.load());
    socket.on("protection", () => void this.load());
    socket.onResync(() => void this.load());
    void this.load();
  }

  async load(): Promise<void> {
    if (!session.registered) {
      this.view = null;
      return;
    }
    try {
      this.accept(await api.protection());
    } catch {
      this.failed = true;
    }
  }

  accept(view: Protection): void {
    this.view = view;
    this.failed = false;
  }

  /** The limit that binds: of the player's own and ours the lower one. */
  binding(kind: LimitKind, period: Period): Limit | undefined {
    const found = this.view?.limits.filter((limit) => limit.kind === kind && limit.period === period) ?? [];
    return found.sort((a, b) => Number(a.amount) - Number(b.amount))[0];
  }

  /** The player's own limit, which they may change. */
  own(kind: LimitKind, period: Period): Limit | undefined {
    return this.view?.limits.find((limit) => limit.kind === kind && limit.period === period && limit.source === "player");
  }

  pending(kind: LimitKind, period: Period): PendingLimit | undefined {
    return this.view?.pending.find((change) => change.kind === kind && change.period === period);
  }

  /** Until when there is no time left to play; null while there is some. */
  get outOfTime(): string | null {
    const used = this.view?.limits.filter((limit) => limit.kind === "session" && Number(limit.remaining) <= 0) ?? [];
    const until = used.map((limit) => limit.resets_at).sort().at(-1);
    return until && Date.parse(until) > clock.now ? until : null;
  }
}

export const protection = new ProtectionState();
