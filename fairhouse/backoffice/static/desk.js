// Sorting, copying, keys, theme and density. Every page works without it.
const root = document.documentElement;

document.addEventListener("click", (event) => {
  const copy = event.target.closest("button.copy");
  if (copy) {
    navigator.clipboard?.writeText(copy.dataset.copy);
    copy.classList.add("copied");
    setTimeout(() => copy.classList.remove("copied"), 900);
    return;
  }
  const heading = event.target.closest("table.sortable th");
  if (heading) sort(heading);
});

function choose(button, name, values) {
  document.getElementById(button)?.addEventListener("click", () => {
    const next = values[(values.indexOf(root.dataset[name]) + 1) % values.length];
    root.dataset[name] = next;
    localStorage.setItem(name, next);
  });
}
choose("theme", "theme", ["auto", "dark", "light"]);
choose("density", "density", ["dense", "wide"]);

function keyOf(row, column) {
  const cell = row.cells[column];
  const text = cell?.dataset.sort ?? cell?.textContent.trim() ?? "";
  const number = Number(text.replaceAll(",", ""));
  return text !== "" && Number.isFinite(number) ? number : text;
}

function compare(one, other) {
  if (typeof one === "number" && typeof other === "number") return one - other;
  return String(one).localeCompare(String(other), undefined, { numeric: true });
}

function sort(heading) {
  const column = heading.cellIndex;
  const body = heading.closest("table").tBodies[0];
  const down = heading.getAttribute("aria-sort") === "descending";
  for (const other of heading.parentElement.cells) other.removeAttribute("aria-sort");
  heading.setAttribute("aria-sort", down ? "ascending" : "descending");
  const rows = [...body.rows].filter((row) => !row.classList.contains("more"));
  rows.sort((one, other) => {
    const order = compare(keyOf(one, column), keyOf(other, column));
    return down ? order : -order;
  });
  const more = body.querySelector("tr.more");
  for (const row of rows) body.insertBefore(row, more);
}

let leader = false;

function moveRow(step) {
  const rows = [...document.querySelectorAll("tbody tr:not(.more)")];
  if (rows.length === 0) return;
  const now = rows.findIndex((row) => row === document.activeElement);
  const next = rows[Math.min(Math.max(now + step, 0), rows.length - 1)];
  next.tabIndex = -1;
  next.focus();
}

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.target.closest("input, textarea, select")) {
    if (event.key === "Escape") event.target.blur();
    return;
  }
  if (leader) {
    leader = false;
    const link = document.querySelector(`nav.side a[data-key="${CSS.escape(event.key)}"]`);
    if (link) location.assign(link.href);
    return;
  }
  if (event.key === "/") {
    event.preventDefault();
    document.getElementById("search")?.focus();
  } else if (event.key === "g") {
    leader = true;
    setTimeout(() => (leader = false), 1500);
  } else if (event.key === "j") moveRow(1);
  else if (event.key === "k") moveRow(-1);
  else if (event.key === "?") document.getElementById("keys")?.showModal();
  else if (event.key === "Enter" && document.activeElement?.tagName === "TR") {
    document.activeElement.querySelector("a")?.click();
  }
});

// On a narrow screen the strips of pages and tabs show where the reader is.
for (const strip of document.querySelectorAll("nav.side, nav.tabs")) {
  const here = strip.querySelector("a[aria-current]");
  if (here && strip.scrollWidth > strip.clientWidth) {
    strip.scrollLeft = here.offsetLeft - (strip.clientWidth - here.offsetWidth) / 2;
  }
}
