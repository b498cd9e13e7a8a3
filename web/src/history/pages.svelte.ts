import { toasts } from "../state/toasts.svelte";

export type Page<T> = { rows: T[]; next: string | null };

/** Rows that come in pages, newest first. */
export class Pages<T> {
  rows = $state.raw<T[]>([]);
  next = $state.raw<string | null>(null);
  loading = $state(false);
  private fetchPage: (before: string | null) => Promise<Page<T>>;

  constructor(fetchPage: (before: string | null) => Promise<Page<T>>) {
    this.fetchPage = fetchPage;
    void this.more();
  }

  async more(): Promise<void> {
    if (this.loading) return;
    this.loading = true;
    try {
      const page = await this.fetchPage(this.next);
      this.rows = [...this.rows, ...page.rows];
      this.next = page.next;
    } catch (error) {
      toasts.fail(error);
    } finally {
      this.loading = false;
    }
  }
}
