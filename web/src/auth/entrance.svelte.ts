import { api, type Entrance, type Offered } from "../api/client";
import { modal } from "../state/modal.svelte";
import { session } from "../state/session.svelte";
import { toasts } from "../state/toasts.svelte";
import { Cancelled, telegramEntrance } from "./ways";

/** Which ways in this brand offers; asked once. */
class Ways {
  offered = $state.raw<Offered | null>(null);

  async load(): Promise<void> {
    this.offered ??= await api.offered();
  }
}

export const ways = new Ways();

/** What a proven way in leads to: in, or to the form for what is missing. */
export function accept(entrance: Entrance): void {
  if (entrance.session) {
    session.accept(entrance.session);
    modal.close();
  } else if (entrance.ticket) {
    modal.open({ name: "auth", step: "ticket", next: entrance.next, ticket: entrance.ticket, email: entrance.email ?? null });
  }
}

/** Try a way in; closing the browser's window is no failure. */
export async function tryWay(way: () => Promise<Entrance | void>): Promise<Entrance | null> {
  try {
    return (await way()) ?? null;
  } catch (error) {
    if (!(error instanceof Cancelled)) toasts.fail(error);
    return null;
  }
}

/** Opened from Telegram: log in with what it says. */
export async function enterFromTelegram(): Promise<void> {
  const entrance = await tryWay(async () => (await telegramEntrance(location.hash)) ?? undefined);
  if (entrance) accept(entrance);
}
