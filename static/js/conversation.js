// A contribution's page while others act on it: what somebody types, where they are, and whether they look.
(() => {
  "use strict";
  const TEXT = "textarea, select, input:not([type=hidden], [type=submit], [type=button], [type=checkbox], [type=radio])";
  // Nobody has touched the page for this long: it looks more rarely.
  const IDLE_AFTER = 5 * 60 * 1000, IDLE_EVERY = 5 * 60 * 1000;
  const live = () => document.getElementById("live");
  let touched = Date.now(), looked = Date.now();
  for (const name of ["pointermove", "keydown", "scroll"]) document.addEventListener(name, () => { touched = Date.now(); }, { passive: true });

  // --- When to look: never from a hidden tab, at once when it is shown again ------------------------
  document.addEventListener("htmx:beforeRequest", (event) => {
    if (event.detail.elt !== live()) return;
    const idle = Date.now() - touched > IDLE_AFTER && Date.now() - looked < IDLE_EVERY;
    if (document.hidden || idle) event.preventDefault(); else looked = Date.now();
  });
  document.addEventListener("visibilitychange", () => { if (!document.hidden) live()?.dispatchEvent(new Event("look")); });

  // --- What is typed: a part in which somebody writes stays, but for forms that are kept through a swap ---
  document.addEventListener("htmx:oobBeforeSwap", (event) => {
    const at = document.activeElement;
    if (at?.matches(TEXT) && event.detail.target.contains(at) && !at.closest("[hx-preserve]")) event.detail.shouldSwap = false;
  });
  // Moving a kept form takes the focus from it where the browser cannot move an element in place.
  let kept = null;
  document.addEventListener("htmx:beforeSwap", () => {
    const at = document.activeElement;
    kept = at?.matches("[hx-preserve] :is(textarea, input)") ? { at, from: at.selectionStart, to: at.selectionEnd } : null;
  });
  document.addEventListener("htmx:afterSettle", () => {
    if (kept && document.activeElement !== kept.at && kept.at.isConnected) { kept.at.focus({ preventScroll: true }); kept.at.setSelectionRange(kept.from, kept.to); }
    kept = null;
  });

  // --- What lies between: reading goes on where the button was ---------------------------------------
  let gap = null;
  document.addEventListener("htmx:beforeSwap", (event) => { if (event.detail.target.matches(".gap")) gap = event.detail.target.previousElementSibling; });
  document.addEventListener("htmx:afterSettle", () => {
    const next = gap?.nextElementSibling;
    gap = null;
    if (next) { next.tabIndex = -1; next.focus({ preventScroll: true }); }
  });

  // --- A link into what is not shown ------------------------------------------------------------------
  const place = location.hash.slice(1);
  if (/^(comment|review|thread|event)-\d+$/.test(place) && !document.getElementById(place) && !location.search.includes("at=")) {
    location.replace(`${location.pathname}?at=${place}#${place}`);
  }

  // --- Quoting into what is typed already, instead of a page that begins with the quotation -----------
  document.addEventListener("click", async (event) => {
    const link = event.target.closest?.("a[data-quote]");
    const box = document.querySelector("#say textarea");
    if (!link || !box || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    const page = await fetch(link.href);
    const text = new DOMParser().parseFromString(await page.text(), "text/html").querySelector("#say textarea")?.value || "";
    box.value = box.value.trim() ? `${box.value.trimEnd()}\n\n${text}` : text;
    box.dispatchEvent(new Event("input", { bubbles: true }));
    box.focus();
    box.setSelectionRange(box.value.length, box.value.length);
  });
})();
