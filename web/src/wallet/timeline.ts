import type { Withdrawal } from "../api/client";

/** The stages a player sees, and the server's states that belong to each. */
export const STAGES = ["requested", "checks", "approved", "signed", "broadcast", "confirmed"] as const;
export type Stage = (typeof STAGES)[number];

const STAGE_OF: Record<string, Stage> = {
  REQUESTED: "requested",
  CHECKING: "checks",
  WAITING: "checks",
  APPROVED: "approved",
  ORDERED: "approved",
  SIGNED: "signed",
  BROADCAST: "broadcast",
  CONFIRMED: "confirmed",
};

export const ENDED_BADLY = ["CANCELLED", "REJECTED", "FAILED"];

export type StageView = { stage: Stage; at: string | null; status: "done" | "now" | "later" };

/** Every stage with when it was reached. The last stage reached is under way, except the end. */
export function stagesOf(withdrawal: Withdrawal): StageView[] {
  const reached = new Map<Stage, string>();
  for (const step of withdrawal.timeline) {
    const stage = STAGE_OF[step.state.toUpperCase()];
    if (stage && !reached.has(stage)) reached.set(stage, step.at);
  }
  const current = STAGE_OF[withdrawal.state.toUpperCase()];
  const at = current ? STAGES.indexOf(current) : Math.max(...[...reached.keys()].map((stage) => STAGES.indexOf(stage)), 0);
  const waits = withdrawal.state.toUpperCase() !== "CONFIRMED";
  return STAGES.map((stage, index) => ({
    stage,
    at: reached.get(stage) ?? null,
    // "Requested" is over at once; a later stage is under way until the next one.
    status: index < at || (index === at && !(waits && isOpenEnded(stage))) ? "done" : index === at || (index === at + 1 && waits && !isOpenEnded(current)) ? "now" : "later",
  }));
}

/** Stages that take their time once they are reached. */
function isOpenEnded(stage: Stage | undefined): boolean {
  return stage === "checks";
}
