import { remembered } from "./remembered";

export type Appearance = "dark" | "light";

/** Dark unless the player chose light. */
class ThemeState {
  current = $state<Appearance>("dark");

  start(): void {
    this.use(remembered("appearance").read() === "light" ? "light" : "dark");
  }

  use(appearance: Appearance): void {
    this.current = appearance;
    document.documentElement.dataset["theme"] = appearance;
    remembered("appearance").write(appearance);
  }
}

export const theme = new ThemeState();
