export type AuthStep = "login" | "register" | "forgot";
export type FairnessTab = "seeds" | "verify";
/** A break or an exclusion that somebody is about to begin. */
export type BreakAsked = { name: "break"; kind: "cool_off" | "self_exclusion"; term: string };
export type Modal =
  | { name: "auth"; step: AuthStep }
  /** A way in is proven: the ticket, and what is missing. */
  | { name: "auth"; step: "ticket"; next: string; ticket: string; email: string | null }
  | { name: "wallet"; tab: "deposit" | "withdraw" }
  | { name: "fairness"; tab: FairnessTab; betId: string | null }
  | { name: "search" }
  | BreakAsked;

/** The one modal that is open, if any. */
class ModalState {
  current = $state.raw<Modal | null>(null);

  open(modal: Modal): void {
    this.current = modal;
  }

  close(): void {
    this.current = null;
  }
}

export const modal = new ModalState();

export const openAuth = (step: AuthStep): void => modal.open({ name: "auth", step });
export const openWallet = (tab: "deposit" | "withdraw"): void => modal.open({ name: "wallet", tab });
export const openFairness = (tab: FairnessTab = "seeds", betId: string | null = null): void =>
  modal.open({ name: "fairness", tab, betId });
