type Kept = {
  read(): string | null;
  /** False where nothing can be kept: private windows may refuse storage, then it lasts for this visit only. */
  write(value: string): boolean;
};

/** What this browser remembers: preferences only, never money or secrets. */
export const remembered = (name: string): Kept => kept(() => localStorage, `fh.${name}`);

/** What this tab remembers, over a reload of its page. */
export const rememberedByTab = (name: string): Kept => kept(() => sessionStorage, `fh.${name}`);

function kept(storage: () => Storage, key: string): Kept {
  return {
    read() {
      try {
        return storage().getItem(key);
      } catch {
        return null;
      }
    },
    write(value) {
      try {
        storage().setItem(key, value);
        return true;
      } catch {
        return false;
      }
    },
  };
}
