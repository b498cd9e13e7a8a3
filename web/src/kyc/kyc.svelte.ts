import { api, type Kyc, type KycDocumentKind, type KycTier } from "../api/client";
import { session } from "../state/session.svelte";
import { socket } from "../state/socket.svelte";

/** What is known of the player's verification, as the server has it. */
class KycState {
  view = $state.raw<Kyc | null>(null);
  failed = $state(false);

  start(): void {
    session.onChange(() => (this.view = null));
    socket.on("notification", () => this.view && void this.load());
  }

  async load(): Promise<void> {
    if (!session.registered) return;
    try {
      this.accept(await api.kyc());
    } catch {
      this.failed = true;
    }
  }

  accept(view: Kyc): void {
    this.view = view;
    this.failed = false;
  }

  /** What the player has uploaded for a tier and kind, the newest first. */
  uploaded(tier: KycTier, kind: KycDocumentKind): Kyc["documents"] {
    return this.view?.documents.filter((one) => one.tier === tier.tier && one.kind === kind) ?? [];
  }
}

export const kyc = new KycState();
