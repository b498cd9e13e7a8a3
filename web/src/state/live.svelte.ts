import { api, type Bet, type Deposit, type Notice, type Withdrawal } from "../api/client";
import { shownWire } from "./amounts.svelte";
import { config } from "./config.svelte";
import { t } from "./i18n.svelte";
import { modal } from "./modal.svelte";
import { session, type BalanceChange } from "./session.svelte";
import { socket } from "./socket.svelte";
import { toasts } from "./toasts.svelte";

const FEED_MOST = 100;
const OWN_MOST = 30;
const MINE_MOST = 60;

/** The newest word on each bet: a push and an answer may both tell of it, and a list shows it once. */
export function eachOnce(bets: readonly Bet[]): Bet[] {
  const seen = new Set<string>();
  return bets.filter((bet) => !seen.has(bet.id) && seen.add(bet.id));
}

/** What moves by itself: deposits and withdrawals under way, the feed, the bell. */
class Live {
  deposits = $state.raw<Deposit[]>([]);
  withdrawals = $state.raw<Withdrawal[]>([]);
  feed = $state.raw<Bet[]>([]);
  mine = $state.raw<Bet[]>([]);
  notices = $state.raw<Notice[]>([]);
  unread = $state(0);
  feedLoaded = $state(false);

  start(): void {
    socket.on<BalanceChange | BalanceChange[]>("balance", (data) => {
      for (const change of Array.isArray(data) ? data : [data]) session.acceptBalance(change);
    });
    socket.on<Deposit>("deposit", (deposit) => this.acceptDeposit(deposit));
    socket.on<Withdrawal>("withdrawal", (withdrawal) => this.acceptWithdrawal(withdrawal));
    socket.on<Bet | Bet[]>("feed", (data) => {
      this.feed = eachOnce([...(Array.isArray(data) ? data : [data]), ...this.feed]).slice(0, FEED_MOST);
    });
    socket.on<Bet>("bet", (bet) => this.addMine(bet));
    socket.on<Notice>("notification", () => void this.loadNotices().catch(() => undefined));
    socket.on("session_revoked", () => void session.load());
    socket.on("config", () => void config.load());
    socket.onResync(() => void this.resync());
    session.onChange(() => void this.loadOwn());
    void this.loadOwn();
  }

  /** Somebody looks at the feed: from now on it is kept whole. */
  showFeed(): void {
    if (!this.feedLoaded) void this.loadFeed();
  }

  async resync(): Promise<void> {
    await Promise.allSettled([config.load(), session.load(), this.feedLoaded ? this.loadFeed() : undefined, this.loadOwn()]);
  }

  async loadFeed(): Promise<void> {
    this.feed = eachOnce((await api.feed().catch(() => ({ bets: [] }))).bets).slice(0, FEED_MOST);
    this.feedLoaded = true;
  }

  async loadOwn(): Promise<void> {
    this.mine = [];
    if (!session.player) {
      this.deposits = [];
      this.withdrawals = [];
      this.notices = [];
      this.unread = 0;
      return;
    }
    const bets = this.loadBets();
    if (!session.registered) return void (await Promise.allSettled([bets]));
    await Promise.allSettled([
      bets,
      api.deposits().then((page) => (this.deposits = page.deposits)),
      api.withdrawals().then((page) => (this.withdrawals = page.withdrawals)),
      this.loadNotices(),
    ]);
  }

  /** Rounds that wait for us, and the newest bets. */
  private async loadBets(): Promise<void> {
    const [{ rounds }, { bets }] = await Promise.all([api.openRounds(), api.bets(null, OWN_MOST)]);
    const open = new Set(rounds.map((bet) => bet.id));
    this.mine = [...rounds, ...bets.filter((bet) => !open.has(bet.id))].sort((a, b) => (a.at < b.at ? 1 : -1));
  }

  async loadNotices(): Promise<void> {
    const page = await api.notifications();
    this.notices = page.notifications;
    this.unread = page.unread;
  }

  /** A bet of ours, from its answer or from the push, whichever is first. */
  addMine(bet: Bet): void {
    this.mine = [bet, ...this.mine.filter((known) => known.id !== bet.id)].slice(0, MINE_MOST);
  }

  acceptDeposit(deposit: Deposit): void {
    const known = this.deposits.find((item) => item.id === deposit.id);
    this.deposits = [deposit, ...this.deposits.filter((item) => item.id !== deposit.id)];
    // The wallet shows its progress by itself.
    if (!deposit.currency || modal.current?.name === "wallet") return;
    const amount = `${shownWire(deposit.amount, deposit.currency)} ${deposit.currency}`;
    if (!known) toasts.say("info", t("toast.deposit_seen", { amount }));
    else if (known.state !== deposit.state && deposit.state === "CREDITED") toasts.say("good", t("toast.deposit_credited", { amount }));
  }

  acceptWithdrawal(withdrawal: Withdrawal): void {
    const known = this.withdrawals.find((item) => item.id === withdrawal.id);
    this.withdrawals = [withdrawal, ...this.withdrawals.filter((item) => item.id !== withdrawal.id)];
    if (known && known.state !== withdrawal.state && withdrawal.state === "CONFIRMED") {
      const amount = `${shownWire(withdrawal.receives, withdrawal.currency)} ${withdrawal.currency}`;
      toasts.say("good", t("toast.withdrawal_confirmed", { amount }));
    }
  }
}

export const live = new Live();
