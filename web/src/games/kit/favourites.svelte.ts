import { remembered } from "../../state/remembered";

/** The games a player likes best, remembered by this browser, newest first. */
class Favourites {
  slugs = $state.raw<string[]>((remembered("favourites").read() ?? "").split(",").filter(Boolean));

  has(slug: string): boolean {
    return this.slugs.includes(slug);
  }

  toggle(slug: string): void {
    this.slugs = this.has(slug) ? this.slugs.filter((known) => known !== slug) : [slug, ...this.slugs];
    remembered("favourites").write(this.slugs.join(","));
  }
}

export const favourites = new Favourites();
