/** Hash routes: `#/history/deposits?x=1` is { path: ["history", "deposits"], query }. */
class Router {
  path = $state.raw<string[]>([]);
  query = $state.raw(new URLSearchParams());

  start(): void {
    this.read();
    window.addEventListener("hashchange", () => this.read());
  }

  private read(): void {
    const [path = "", query = ""] = location.hash.replace(/^#\/?/, "").split("?");
    this.path = path.split("/").filter(Boolean).map(decodeURIComponent);
    this.query = new URLSearchParams(query);
    window.scrollTo(0, 0);
  }
}

export const router = new Router();

/** Go to a route such as "/dice". */
export function go(to: string): void {
  location.hash = `#${to}`;
}
