import { api, setCsrfToken, setRenewSession, type Balance, type Player, type Session } from "../api/client";
import { ApiError } from "../api/errors";
import { messages, type Language } from "./i18n.svelte";
import { remembered } from "./remembered";

/** The longest pause, in seconds, that a newcomer's first bet sits out. */
const PAUSE_MOST_S = 15;
const PAUSES_MOST = 3;

/** Where many begin at one network address, all but the first must wait a little: their bet waits with them. */
async function welcomed(pauses = 0): Promise<Session> {
  try {
    return await api.guest(messages.language);
  } catch (error) {
    const pauseS = error instanceof ApiError && error.code === "too_many_requests" ? Number(error.fields["retry_after_s"]) : NaN;
    if (!(pauseS <= PAUSE_MOST_S) || pauses === PAUSES_MOST) throw error;
    await new Promise((resolve) => setTimeout(resolve, pauseS * 1_000));
    return welcomed(pauses + 1);
  }
}

export type BalanceChange = Partial<Balance> & { currency: string };

/** Who plays and what they hold. A visitor has no player until the first bet. */
class SessionState {
  player = $state.raw<Player | null>(null);
  balances = $state.raw<Balance[]>([]);
  stepUpUntil = $state.raw<string | null>(null);
  lastLoginAt = $state.raw<string | null>(null);
  loaded = $state(false);
  /** Units of wins that a board is still showing, by currency. */
  veiled = $state.raw<Record<string, bigint>>({});
  /** The currency in the wallet pill and on the boards. */
  selected = $state("PLAY");
  /** Told when the player changes: the socket reconnects, open things are fetched again. */
  private listeners: (() => void)[] = [];

  constructor() {
    setRenewSession(() => this.load());
  }

  get registered(): boolean {
    return this.player?.kind === "registered";
  }

  /** Call this whenever the player changes; the answer ends it. */
  onChange(listener: () => void): () => void {
    this.listeners.push(listener);
    return () => (this.listeners = this.listeners.filter((known) => known !== listener));
  }

  async load(): Promise<void> {
    this.accept(await api.session());
  }

  accept(session: Session): void {
    const before = this.player?.id ?? null;
    setCsrfToken(session.csrf_token ?? "");
    this.player = session.player;
    this.balances = session.balances ?? [];
    this.stepUpUntil = session.step_up_until ?? null;
    this.lastLoginAt = session.last_login_at ?? null;
    this.loaded = true;
    this.choose(this.preferred());
    if (before !== (session.player?.id ?? null)) for (const listener of this.listeners) listener();
  }

  private preferred(): string {
    if (!this.registered) return "PLAY";
    const chosen = remembered("currency").read();
    if (chosen && this.balances.some((item) => item.currency === chosen)) return chosen;
    const funded = this.balances.find((item) => item.currency !== "PLAY" && Number(item.available) > 0);
    return funded?.currency ?? this.selected;
  }

  choose(currency: string): void {
    this.selected = currency;
  }

  /** Choose and remember. */
  prefer(currency: string): void {
    this.choose(currency);
    remembered("currency").write(currency);
  }

  balance(currency: string): Balance | undefined {
    return this.balances.find((item) => item.currency === currency);
  }

  /** A balance, or a part of one: from a bet's answer or from a push. */
  acceptBalance(change: BalanceChange): void {
    this.balances = this.balances.map((item) => (item.currency === change.currency ? { ...item, ...change } : item));
  }

  /**
   * Keep a win out of the balance on screen until the board has shown it; the answer lifts this.
   * Only what is shown: the money is there and can be bet.
   */
  veil(currency: string, units: bigint): () => void {
    const change = (by: bigint): void => {
      this.veiled = { ...this.veiled, [currency]: (this.veiled[currency] ?? 0n) + by };
    };
    let lifted = false;
    change(units);
    return () => {
      if (!lifted) change(-units);
      lifted = true;
    };
  }

  /** A player for the first bet: starts a guest with play money when nobody is logged in. */
  async needPlayer(): Promise<void> {
    if (this.player) return;
    this.accept(await welcomed());
  }

  /** Choose the language of this page and of what is written to the player. */
  async speak(language: Language): Promise<void> {
    await messages.use(language);
    void messages.complete().catch(() => undefined);
    if (this.player) await api.setLanguage(language).catch(() => undefined);
  }

  async logOut(): Promise<void> {
    await api.logOut();
    await this.load();
  }
}

export const session = new SessionState();
