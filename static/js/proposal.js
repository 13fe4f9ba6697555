// The form of a proposal while the origin is asked: what is typed meanwhile stays, and so do focus and place.
(() => {
  "use strict";
  const form = document.getElementById("proposal");
  const repo = document.getElementById("id_repo_id");
  if (!form) return;
  const values = () => new Map([...form.elements].filter((one) => one.id && one.type !== "hidden").map((one) => [one.id, one.value]));
  let before = new Map();
  let typed = new Map();
  // Only kinds that fetch from an origin have one.
  let asked = repo?.value.trim() ?? "";

  document.addEventListener("htmx:beforeRequest", (event) => {
    if (event.detail.target?.id !== "fields") return;
    // Pasting and then leaving the field is one question, not two; the button always asks.
    const row = event.detail.elt.classList.contains("input-row");
    if (row && (!repo.value.trim() || repo.value.trim() === asked)) { event.preventDefault(); return; }
    if (row || event.detail.elt.id === "fetch") asked = repo.value.trim();
    before = values();
  });
  document.addEventListener("htmx:beforeSwap", (event) => {
    if (event.detail.target?.id !== "fields") return;
    typed = new Map([...values()].filter(([id, value]) => before.has(id) && before.get(id) !== value));
  });
  document.addEventListener("htmx:afterSettle", () => {
    const fields = document.getElementById("fields");
    for (const [id, value] of typed) { const one = document.getElementById(id); if (one) one.value = value; }
    // Renamed at the origin: the name that holds from now on.
    if (repo && fields?.dataset.repoId && !typed.has(repo.id)) { repo.value = asked = fields.dataset.repoId; delete fields.dataset.repoId; }
    typed = new Map();
  });
  // A file is read into the box above it: what is sent is what stands there to be seen.
  document.addEventListener("change", async (event) => {
    const box = document.getElementById(event.target.dataset?.into);
    const file = event.target.files?.[0];
    if (!box || !file) return;
    box.value = await file.text();
    box.dispatchEvent(new Event("change", { bubbles: true }));
  });
  // A form that comes back refused holds text that was never saved: leaving asks first.
  if (document.getElementById("error-summary")) {
    document.getElementById("error-summary").focus();
    form.dispatchEvent(new Event("input", { bubbles: true }));
  }
})();
