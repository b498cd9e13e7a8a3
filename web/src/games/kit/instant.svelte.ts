import { api, type Bet } from "../../api/client";
import { fromWire } from "../../money/amounts";
import { scaleOf } from "../../state/amounts.svelte";
import { session } from "../../state/session.svelte";
import { Play } from "./play.svelte";
import type { SoundName } from "./sound.svelte";

export type InstantOptions = {
  slug: string;
  /** The game's parameters as they are sent. */
  params: () => Record<string, unknown>;
  /** Show a settled bet; what follows (strip, statistics, celebration) waits for it, money does not. */
  show?: (bet: Bet) => unknown;
  /** The next bet may be placed while this one is still being shown. */
  overlap?: boolean;
  /** Units staked, where chips and not the stake field make the stake. */
  units?: () => bigint;
  /** Something else that stands in the way: no number picked, no chip placed. */
  unready?: () => boolean;
  loseSound?: SoundName;
};

/** The controller of a game that is settled by its one answer. */
export class Instant extends Play {
  constructor(private readonly options: InstantOptions) {
    super(options.slug);
    if (options.loseSound) this.loseSound = options.loseSound;
  }

  override get blocked(): boolean {
    return super.blocked || (this.options.unready?.() ?? false);
  }

  override async once(): Promise<Bet> {
    const { slug, params, show, overlap, units } = this.options;
    const asked = await this.asked(units?.());
    const bet = await api.placeBet(slug, { ...asked, params: params() });
    const lift = session.veil(bet.currency, fromWire(bet.payout, scaleOf(bet.currency)));
    this.accept(bet);
    const shown = Promise.resolve(show?.(bet)).finally(lift).then(() => this.finish(bet));
    if (!overlap) await shown;
    return bet;
  }

  /** Bet by hand. */
  async bet(): Promise<void> {
    if (!this.blocked && !this.auto.running) await this.guarded(() => this.paced(() => this.once()));
  }
}
