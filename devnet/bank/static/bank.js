// The bank's page: asks for the state every second, and sends what the buttons ask for.

const $ = (id) => document.getElementById(id);
const HEADERS = { "content-type": "application/json", "x-demo-bank": "1" };
let last = 0;
let newest = -1;
let first = true;

/** An element with text and children; text is never read as HTML. */
function el(name, attributes = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  made.append(...children);
  return made;
}

async function post(path, body) {
  const answer = await fetch(path, { method: "POST", headers: HEADERS, body: JSON.stringify(body) });
  const found = await answer.json().catch(() => ({}));
  if (!answer.ok) throw new Error(found.error?.message ?? `The bank answered ${answer.status}.`);
  return found;
}

async function busy(form, work, said) {
  const buttons = form.querySelectorAll("button");
  buttons.forEach((button) => (button.disabled = true));
  said.className = "said dim";
  said.textContent = "…";
  try {
    said.replaceChildren(await work());
    said.className = "said good";
  } catch (error) {
    said.className = "said bad";
    said.textContent = error.message;
  } finally {
    buttons.forEach((button) => (button.disabled = false));
  }
}

$("faucet").addEventListener("submit", (event) => {
  event.preventDefault();
  const form = event.target;
  const asked = Object.fromEntries(new FormData(form));
  busy(form, async () => {
    const sent = await post("/api/faucet", asked);
    const link = el("a", { href: sent.url, class: "mono" }, `${sent.tx_hash.slice(0, 18)}…`);
    const whole = document.createDocumentFragment();
    whole.append("Sent: ", link);
    return whole;
  }, $("faucet-said"));
});

$("asset").addEventListener("change", (event) => {
  $("amount").value = event.target.value.includes("usdt") ? "250" : "0.5";
});

for (const form of document.querySelectorAll("form[data-trouble]")) {
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const asked = Object.fromEntries(new FormData(form));
    for (const key of ["depth", "seconds", "down_s"]) if (key in asked) asked[key] = Number(asked[key]);
    if ("keep" in asked) asked.keep = asked.keep === "true";
    const path = `/api/trouble/${form.dataset.trouble}`;
    busy(form, async () => (await post(path, asked)).told, $("trouble-said"));
  });
}

for (const button of document.querySelectorAll("[data-replay]")) {
  button.addEventListener("click", () => {
    const asked = { what: button.dataset.replay };
    busy(button.parentElement, async () => (await post("/api/trouble/replay", asked)).told, $("trouble-said"));
  });
}

function showFigures(state) {
  const books = state.books;
  const count = Array.isArray(books?.imbalances) ? books.imbalances.length : books?.imbalances;
  $("imbalance").textContent = books ? String(count) : "–";
  $("imbalance").className = !books ? "dim" : count ? "bad" : "good";
  $("checked").textContent = books?.checked_at ? `checked ${clock(books.checked_at)}` : "worker is away";
  const head = state.blocks[0]?.height;
  $("head").textContent = head ?? "–";
  const chain = state.chains?.ethereum;
  $("cursor").textContent = chain?.height ?? "–";
  const lag = chain && head !== undefined ? Math.max(0, head - chain.height) : null;
  $("lag").textContent = lag === null ? "watcher is away" : lag ? `${lag} behind` : "up to date";
  $("road").textContent = state.rpc.fault === "none" ? "clear" : state.rpc.fault.replace("_", " ");
  $("road").className = state.rpc.fault === "none" ? "good" : "bad";
  $("road-left").textContent = state.rpc.fault === "none" ? "" : `${state.rpc.seconds_left} s left`;
}

function clock(iso) {
  return new Date(iso).toLocaleTimeString([], { hour12: false });
}

function showBlocks(blocks) {
  if (!blocks.length) return;
  $("blocks").replaceChildren(...blocks.map((block) => {
    const fresh = !first && block.height > newest ? " new" : "";
    const count = block.transactions ? `${block.transactions} tx` : "empty";
    return el("a", { class: `block${fresh}`, href: `/explorer/block/${block.height}` },
      el("strong", {}, String(block.height)), count, el("br"), clock(block.at));
  }));
  newest = blocks[0].height;
}

function showProcesses(processes) {
  const colour = { ready: "good", starting: "warn", down: "bad", stopped: "bad" };
  $("processes").replaceChildren(...processes.map((process) =>
    el("tr", {}, el("td", {}, process.name),
      el("td", {}, el("span", { class: `pill ${colour[process.state]}` }, process.state)),
      el("td", { class: "right num" }, String(process.pid ?? "–")),
      el("td", { class: "right num" }, String(process.restarts)))));
}

function showLogins(codes) {
  $("logins").replaceChildren(...codes.map((login) => {
    const code = login.code
      ? [el("span", { class: "code" }, login.code), " ", el("span", { class: "dim num" }, `${login.seconds_left} s`)]
      : [el("span", { class: "dim" }, "none needed")];
    return el("tr", {}, el("td", {}, login.where),
      el("td", {}, login.name, el("br"), el("span", { class: "dim" }, login.about)),
      el("td", { class: "mono" }, login.password), el("td", {}, ...code));
  }));
}

function showLines(lines) {
  if (!lines.length) return;
  const log = $("log");
  if (!last) log.replaceChildren();
  for (const line of lines) {
    log.prepend(el("li", {}, el("time", { datetime: line.at }, clock(line.at)),
      el("div", {}, el("b", {}, line.who), ` ${line.what}`)));
    last = Math.max(last, line.number);
  }
}

async function refresh() {
  try {
    const answer = await fetch(`/api/state?after=${last}`);
    const state = await answer.json();
    showFigures(state);
    showBlocks(state.blocks);
    showProcesses(state.processes);
    showLogins(state.codes);
    showLines(state.lines);
    first = false;
  } catch {
    $("road").textContent = "the bank is away";
  }
  setTimeout(refresh, 1000);
}

refresh();
