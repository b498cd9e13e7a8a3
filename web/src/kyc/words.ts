import type { Kyc, KycTier } from "../api/client";
import { referenceMoney } from "../state/amounts.svelte";
import { t, type MessageKey } from "../state/i18n.svelte";

/** From when on a tier is asked for, in one sentence. */
export function whenOf(view: Kyc, tier: KycTier): string {
  if (tier.tier === 1 && view.before_play) return t("kyc.when_before_play");
  if (tier.tier <= view.withdrawal_tier) return t("kyc.when_withdrawal");
  if (tier.from_value === null) return t("kyc.when_risk");
  return t("kyc.when_value", { value: referenceMoney(tier.from_value) });
}

/** Where a tier stands, in a few words. */
export function stateOf(tier: KycTier): string {
  return t(`kyc.state_${tier.state ?? "none"}` as MessageKey);
}

export type Tone = "good" | "bad" | "busy" | "plain";

export function toneOf(tier: KycTier): Tone {
  if (tier.state === "approved") return "good";
  if (tier.state === "rejected" || tier.state === "retry" || tier.state === "expired") return "bad";
  return tier.state === "submitted" || tier.state === "on_hold" ? "busy" : "plain";
}
