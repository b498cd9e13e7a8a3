/** A key of a board: what it is, how it is written, what it does in words and in deed. */
export type Key = { key: string; label: string; does: string; run: () => unknown };

type Actions = Record<string, () => unknown>;

/** A keydown handler for a board's keys; typing in a field and open modals keep their keys. */
export function hotkeys(actions: () => Actions): (event: KeyboardEvent) => void {
  return (event) => {
    const target = event.target as HTMLElement | null;
    if (event.ctrlKey || event.metaKey || event.altKey || document.querySelector("dialog[open]")) return;
    if (target?.closest("input:not([type='range']), textarea, select, [role='menu']")) return;
    // Space on a focused button or link is that control's own.
    if (event.key === " " && target?.closest("button, a") && !target.closest("[data-bet]")) return;
    const action = actions()[event.key.length === 1 ? event.key.toLowerCase() : event.key];
    if (!action) return;
    event.preventDefault();
    if (!event.repeat || event.key === " ") action();
  };
}
