import { api } from "../api/client";
import { session } from "./session.svelte";

export type Push = { type: string; data: unknown };

const FIRST_DELAY_MS = 500;
const LONGEST_DELAY_MS = 15_000;
/** A short break is repaired silently; a longer one shows the banner. */
const BANNER_AFTER_MS = 2_500;

/**
 * One WebSocket: reconnects with growing, jittered delays, and calls `resync` after each break so
 * that whatever was pushed meanwhile is fetched over REST.
 */
class Socket {
  connected = $state(false);
  online = $state(navigator.onLine);
  showBanner = $state(false);
  private socket: WebSocket | null = null;
  private delay = FIRST_DELAY_MS;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private bannerTimer: ReturnType<typeof setTimeout> | undefined;
  private hadConnection = false;
  private generation = 0;
  private handlers = new Map<string, ((data: never) => void)[]>();
  private resyncs: (() => void)[] = [];
  /** What is followed besides our own news and the feed: live games. */
  private topics: string[] = [];

  /** Call this with every push of a type; the answer ends it. */
  on<T>(type: string, handler: (data: T) => void): () => void {
    const own = handler as (data: never) => void;
    this.handlers.set(type, [...(this.handlers.get(type) ?? []), own]);
    return () => this.handlers.set(type, (this.handlers.get(type) ?? []).filter((known) => known !== own));
  }

  /** Call this after every break; the answer ends it. */
  onResync(handler: () => void): () => void {
    this.resyncs.push(handler);
    return () => (this.resyncs = this.resyncs.filter((known) => known !== handler));
  }

  /** Follow a topic while it is of interest; the answer ends it. Both connect anew, then `onResync` is called. */
  follow(topic: string): () => void {
    this.ask([...this.topics, topic]);
    return () => this.ask(this.topics.filter((known) => known !== topic));
  }

  private ask(topics: string[]): void {
    this.topics = topics;
    this.hadConnection = true;
    this.retryNow();
  }

  start(): void {
    window.addEventListener("online", () => {
      this.online = true;
      this.retryNow();
    });
    window.addEventListener("offline", () => {
      this.online = false;
      this.showBanner = true;
    });
    session.onChange(() => this.reopen());
    void this.connect();
  }

  /** Connect again under another player. */
  reopen(): void {
    // What a topic told while there was no socket is nowhere else: its board must ask.
    this.hadConnection = this.topics.length > 0;
    this.retryNow();
  }

  retryNow(): void {
    clearTimeout(this.timer);
    this.delay = FIRST_DELAY_MS;
    void this.connect();
  }

  private async connect(): Promise<void> {
    const generation = ++this.generation;
    this.socket?.close();
    this.socket = null;
    const asked = new URLSearchParams(this.topics.length > 0 ? { topics: this.topics.join(",") } : {});
    try {
      if (session.player) asked.set("ticket", (await api.socketTicket()).ticket);
    } catch {
      if (generation === this.generation) this.lost();
      return;
    }
    if (generation !== this.generation) return;
    const socket = new WebSocket(`${location.protocol === "https:" ? "wss" : "ws"}://${location.host}/v1/ws?${asked}`);
    this.socket = socket;
    socket.onopen = () => this.opened(generation);
    socket.onclose = () => generation === this.generation && this.lost();
    socket.onmessage = (event: MessageEvent<string>) => this.receive(event.data);
  }

  private opened(generation: number): void {
    if (generation !== this.generation) return;
    this.connected = true;
    this.showBanner = false;
    this.delay = FIRST_DELAY_MS;
    clearTimeout(this.bannerTimer);
    this.bannerTimer = undefined;
    if (this.hadConnection) for (const resync of this.resyncs) resync();
    this.hadConnection = true;
  }

  private lost(): void {
    this.connected = false;
    this.bannerTimer ??= setTimeout(() => (this.showBanner = true), BANNER_AFTER_MS);
    const jittered = this.delay * (0.5 + Math.random());
    this.delay = Math.min(this.delay * 2, LONGEST_DELAY_MS);
    clearTimeout(this.timer);
    this.timer = setTimeout(() => void this.connect(), jittered);
  }

  private receive(text: string): void {
    let push: Push;
    try {
      push = JSON.parse(text) as Push;
    } catch {
      return;
    }
    for (const handler of this.handlers.get(push.type) ?? []) handler(push.data as never);
  }
}

export const socket = new Socket();
