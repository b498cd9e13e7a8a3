import type { DepositAddress } from "../api/client";
import { config } from "../state/config.svelte";

/** The asset to show first: the selected currency's, else the first that has a network. */
export function firstAsset(selected: string): string {
  const currencies = config.current?.currencies ?? [];
  const own = currencies.find((currency) => currency.code === selected)?.chains[0];
  return (own ?? currencies.find((currency) => currency.chains.length > 0)?.chains[0])?.asset ?? "";
}

const DEPOSIT_ENDS = ["CREDITED", "ORPHANED", "BELOW_MINIMUM", "HELD", "UNRECOGNISED", "REVERSED"];
const WITHDRAWAL_ENDS = ["CONFIRMED", "CANCELLED", "REJECTED", "FAILED"];

export function isUnderWay(state: string): boolean {
  return !DEPOSIT_ENDS.includes(state.toUpperCase());
}

export function isMoving(state: string): boolean {
  return !WITHDRAWAL_ENDS.includes(state.toUpperCase());
}

const BLOCK_SECONDS = 12;

/** About how long the first tier's confirmations take, in whole minutes. */
export function waitMinutes(address: DepositAddress): number {
  return Math.max(1, Math.ceil(((address.confirmations[0]?.blocks ?? 1) * BLOCK_SECONDS) / 60));
}
