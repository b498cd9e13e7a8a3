// Runs before the page is drawn, so that neither colours nor density jump.
document.documentElement.dataset.theme = localStorage.getItem("theme") ?? "auto";
document.documentElement.dataset.density = localStorage.getItem("density") ?? "dense";
