// Conveniences over pages that work without them. No framework, no state but two localStorage keys.
(() => {
  "use strict";
  const root = document.documentElement;
  const $ = (selector, from = document) => from.querySelector(selector);
  const $$ = (selector, from = document) => [...from.querySelectorAll(selector)];
  const store = {
    get(key) { try { return localStorage.getItem(key); } catch { return null; } },
    set(key, value) { try { value ? localStorage.setItem(key, value) : localStorage.removeItem(key); } catch { /* forbidden */ } },
  };

  // --- Theme: system, light, dark, system ... -------------------------------------------------
  const THEMES = { "": "system", light: "light", dark: "dark" };
  const nextTheme = { "": "light", light: "dark", dark: "" };
  function showTheme() {
    const now = root.dataset.theme || "";
    for (const button of $$("[data-theme-toggle]")) {
      const text = `Theme: ${THEMES[now]}. Change to ${THEMES[nextTheme[now]]}`;
      button.setAttribute("aria-label", text);
      button.title = text;
      for (const icon of $$("[data-theme-icon]", button)) icon.toggleAttribute("hidden", icon.dataset.themeIcon !== THEMES[now]);
    }
  }
  function turnTheme() {
    const theme = nextTheme[root.dataset.theme || ""];
    theme ? (root.dataset.theme = theme) : delete root.dataset.theme;
    store.set("theme", theme);
    showTheme();
  }

  // --- Times: relative in the text, absolute in the title ----------------------------------------
  const relative = new Intl.RelativeTimeFormat("en-GB", { numeric: "auto" });
  const STEPS = [[60, "second"], [60, "minute"], [24, "hour"], [7, "day"], [4.35, "week"], [12, "month"], [Infinity, "year"]];
  function ago(seconds) {
    if (Math.abs(seconds) < 45) return seconds > 5 ? "in a moment" : "just now";
    let amount = seconds;
    for (const [size, unit] of STEPS) {
      if (Math.abs(amount) < size) return relative.format(Math.round(amount), unit);
      amount /= size;
    }
    return "";
  }
  function showTimes(from = document) {
    for (const time of $$("time[datetime][data-relative]", from)) {
      const then = Date.parse(time.dateTime);
      if (Number.isNaN(then)) continue;
      time.title ||= new Date(then).toLocaleString("en-GB", { dateStyle: "long", timeStyle: "short" });
      time.textContent = ago((then - Date.now()) / 1000);
    }
  }

  // --- Messages: what went wrong, said where it is seen and heard --------------------------------
  function say(text, tone = "bad") {
    const place = $("#messages");
    if (!place) return;
    const box = $("#message-template").content.firstElementChild.cloneNode(true);
    box.classList.add(`t-${tone}`);
    $(".message-text", box).textContent = text;
    place.append(box);
    if (box.getBoundingClientRect().top < 0) box.scrollIntoView({ block: "nearest" });
  }
  const WHY = {
    401: "You are signed out. Sign in in another window, then go on here; what you typed is still here.",
    403: "You are not allowed to do that. Nothing was changed.",
    404: "That is no longer there. Reload the page to see what is.",
    409: "Somebody else changed this at the same time. Reload to see how it stands now.",
    413: "That is larger than the hub accepts. Nothing was saved.",
    429: "Too many requests from here. Wait a minute and try again; what you typed is still here.",
  };
  // What a page asks for by itself fails and succeeds in silence: it asks again.
  const byItself = (event) => event.detail.elt?.matches?.('[hx-trigger^="every"]');
  document.addEventListener("htmx:responseError", (event) => {
    if (byItself(event)) return;
    const status = event.detail.xhr.status;
    say(WHY[status] || `The hub answered with an error (${status}). What you typed is still here; try again in a moment.`);
  });
  for (const name of ["htmx:sendError", "htmx:timeout"]) {
    document.addEventListener(name, (event) => byItself(event) || say("The hub could not be reached. What you typed is still here; check the connection and try again."));
  }
  document.addEventListener("htmx:beforeRequest", (event) => { if (!byItself(event)) for (const old of $$("#messages .message.t-bad")) old.remove(); });

  // --- Rows: j and k move, Enter opens, x ticks; a row points at its parent ------------------------
  const rows = () => $$("[data-rows] > *, table[data-rows] > tbody > tr").filter((row) => row.matches("tr, li") && row.offsetParent !== null);
  function move(step) {
    const all = rows();
    if (!all.length) return;
    const at = all.findIndex((row) => row.classList.contains("is-active"));
    const to = all[Math.min(all.length - 1, Math.max(0, at < 0 ? (step > 0 ? 0 : all.length - 1) : at + step))];
    all[at]?.classList.remove("is-active");
    to.classList.add("is-active");
    to.scrollIntoView({ block: "nearest", inline: "nearest" });
    $("a[href]", to)?.focus({ preventScroll: true });
  }
  function markParent(row) {
    for (const old of $$(".is-parent")) old.classList.remove("is-parent");
    const scope = row?.closest("table, ul, ol");
    for (const id of (row?.dataset.parent || "").split(" ").filter(Boolean)) {
      $(`[data-id="${CSS.escape(id)}"]`, scope)?.classList.add("is-parent");
    }
  }
  for (const name of ["pointerover", "focusin"]) {
    document.addEventListener(name, (event) => markParent(event.target.closest?.("[data-id]")));
  }

  // --- Keys ------------------------------------------------------------------------------------------
  const help = () => $("#keys");
  document.addEventListener("keydown", (event) => {
    if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === "Escape") { for (const menu of $$("details.menu[open]")) { menu.open = false; if (menu.contains(document.activeElement)) $("summary", menu).focus(); } return; }
    if (event.target.closest?.("input, textarea, select, [contenteditable], dialog") || store.get("keys") === "off") return;
    const row = $(".is-active");
    const action = {
      "/": () => $("#q")?.focus(),
      "?": () => help()?.showModal(),
      j: () => move(1),
      k: () => move(-1),
      x: () => $('input[type="checkbox"]', row || document.createElement("i"))?.click(),
    }[event.key];
    if (action) { event.preventDefault(); action(); }
  });

  // --- Clicks ------------------------------------------------------------------------------------------
  document.addEventListener("click", async (event) => {
    const at = (selector) => event.target.closest?.(selector);
    for (const menu of $$("details.menu[open]")) if (!menu.contains(event.target)) menu.open = false;
    if (at("[data-theme-toggle]")) turnTheme();
    if (at("[data-keys]")) help()?.showModal();
    if (at("[data-dismiss]")) at(".message")?.remove();
    if (at("[data-print]")) window.print();
    const copy = at("[data-copy]");
    if (copy) {
      const text = copy.dataset.copy || $(copy.dataset.copyFrom)?.textContent || "";
      const said = $("[role=status]", copy) || copy;
      const before = said.textContent;
      try { await navigator.clipboard.writeText(text); said.textContent = "Copied"; } catch { said.textContent = "Select and copy"; }
      setTimeout(() => { said.textContent = before; }, 2000);
    }
  });
  document.addEventListener("change", (event) => {
    if (event.target.matches("#keys-on")) store.set("keys", event.target.checked ? "" : "off");
    if (event.target.matches("[data-submit-on-change]")) event.target.form.requestSubmit();
  });

  // --- Text that would be lost: a form that was changed asks before the page goes ----------------------
  let dirty = false;
  document.addEventListener("input", (event) => { if (event.target.closest("form[data-guard]")) dirty = true; });
  document.addEventListener("submit", () => { dirty = false; });
  window.addEventListener("beforeunload", (event) => { if (dirty) event.preventDefault(); });

  function ready(from = document) {
    showTimes(from);
    for (const log of $$("pre.log[data-tail]", from)) log.scrollTop = log.scrollHeight;
    for (const note of $$(".field-note", from)) {
      const input = note.closest(".field")?.querySelector("input, select, textarea");
      if (input && note.dataset.live !== undefined) input.setAttribute("aria-invalid", String(Boolean($(".errors", note))));
    }
  }
  document.addEventListener("htmx:load", (event) => { if (event.detail.elt !== document.body) ready(event.detail.elt.parentElement || document); });
  showTheme();
  ready();
  const keys = $("#keys-on");
  if (keys) keys.checked = store.get("keys") !== "off";
  setInterval(() => { if (!document.hidden) showTimes(); }, 30000);
})();
