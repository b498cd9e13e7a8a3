// Runs before the page is drawn, so that neither colours nor density jump.
const root = document.documentElement;
root.dataset.theme = localStorage.getItem("theme") ?? "auto";
root.dataset.density = localStorage.getItem("density") ?? "dense";
