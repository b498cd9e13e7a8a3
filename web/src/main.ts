import "@fontsource-variable/figtree/wght.css";
import "./styles/tokens.css";
import "./styles/base.css";

import { mount } from "svelte";

import App from "./App.svelte";
import { messages } from "./state/i18n.svelte";
import { theme } from "./state/theme.svelte";

// Links in mails are plain addresses; inside the app every route lives behind the #.
if (location.pathname.length > 1) history.replaceState(null, "", `/#${location.pathname}${location.search}`);

theme.start();
// Nothing waits at the top level: what the language's texts are made of may be in this very file.
void messages
  .start()
  .catch(() => undefined)
  .then(() => mount(App, { target: document.getElementById("app")! }));
