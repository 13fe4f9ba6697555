// Runs before the first paint, so that a chosen theme never flashes. Everything else waits in app.js.
(() => {
  const root = document.documentElement;
  root.classList.add("js");
  try {
    const theme = localStorage.getItem("theme");
    if (theme === "light" || theme === "dark") root.dataset.theme = theme;
  } catch { /* storage may be forbidden; the system's theme then holds */ }
})();
