import { ApiError, sentenceOf } from "../api/errors";
import { toasts } from "./toasts.svelte";

/** A form that is being sent: busy while it is, and the refusal beside the field it names. */
export class Form {
  busy = $state(false);
  private errors = $state.raw<Record<string, string>>({});
  private fields: readonly string[];

  constructor(fields: readonly string[]) {
    this.fields = fields;
  }

  /** The refusal that names this field. */
  error(field: string): string | undefined {
    return this.errors[field];
  }

  /** Put a message beside a field. */
  refuse(field: string, text: string): void {
    this.errors = { ...this.errors, [field]: text };
  }

  /** Send; true when it was accepted. A refusal that names none of our fields becomes a toast. */
  async send(action: () => Promise<void>): Promise<boolean> {
    if (this.busy) return false;
    this.busy = true;
    this.errors = {};
    try {
      await action();
      return true;
    } catch (error) {
      const field = error instanceof ApiError ? error.param : null;
      if (field && this.fields.includes(field)) this.refuse(field, sentenceOf(error));
      else toasts.fail(error);
      return false;
    } finally {
      this.busy = false;
    }
  }
}
