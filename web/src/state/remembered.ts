/** What this browser remembers: preferences only, never money or secrets. */
export function remembered(name: string): { read(): string | null; write(value: string): void } {
  const key = `fh.${name}`;
  return {
    read() {
      try {
        return localStorage.getItem(key);
      } catch {
        return null;
      }
    },
    write(value) {
      try {
        localStorage.setItem(key, value);
      } catch {
        // Private windows may refuse storage: the preference lasts for this visit only.
      }
    },
  };
}
