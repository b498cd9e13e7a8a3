import { api } from "../../api/client";

const TRY_AGAIN_MS = 3_000;
const known = new Map<string, Record<string, unknown>>();

/** A game's published table, the numbers its board shows; null until it came. */
export class Table<T> {
  data = $state.raw<T | null>(null);

  constructor(private readonly slug: string) {
    void this.load();
  }

  private async load(): Promise<void> {
    try {
      if (!known.has(this.slug)) known.set(this.slug, (await api.table(this.slug)).table);
      this.data = known.get(this.slug) as T;
    } catch {
      setTimeout(() => void this.load(), TRY_AGAIN_MS);
    }
  }
}
