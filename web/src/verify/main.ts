import { mount } from "svelte";

import "../styles/tokens.css";
import "../styles/base.css";

import Page from "./Page.svelte";
import { speak } from "./words.svelte";

speak(navigator.language.slice(0, 2));
mount(Page, { target: document.getElementById("verifier")! });
