// Replaces the part of the page that changes whenever the farm says that something did.
"use strict";

const live = document.getElementById("live");
let busy = false;
let again = false;

function key(element) {
  return element && (element.id || element.name);
}

function isBeingUsed() {
  const active = document.activeElement;
  return active && live.contains(active) && active.tagName === "SELECT";
}

async function refresh() {
  if (busy || isBeingUsed()) {
    again = true;
    return;
  }
  busy = true;
  again = false;
  try {
    const response = await fetch(location.href, { headers: { "X-Part": "live" }, cache: "no-store" });
    if (response.status === 401) {
      location.reload();
      return;
    }
    if (response.ok) {
      const open = [...live.querySelectorAll("details[open]")].map(key);
      const focused = live.contains(document.activeElement) ? key(document.activeElement) : "";
      live.innerHTML = await response.text();
      open.forEach((id) => id && document.getElementById(id)?.setAttribute("open", ""));
      if (focused) document.getElementById(focused)?.focus({ preventScroll: true });
      document.title = live.firstElementChild?.dataset.title || document.title;
    }
  } catch {
    // The farm is away: the stream connects again by itself, and says so then.
  } finally {
    busy = false;
  }
  if (again) setTimeout(refresh, 1000);
}

if (live) {
  const offline = document.getElementById("offline");
  const stream = new EventSource("/web/events");
  stream.onopen = () => { offline.hidden = true; refresh(); };
  stream.onerror = () => { offline.hidden = false; };
  stream.addEventListener("changed", refresh);
  addEventListener("pagehide", () => stream.close());
}

document.addEventListener("change", (event) => {
  if (event.target.matches("select[data-submit]")) event.target.form.requestSubmit();
});

document.addEventListener("submit", (event) => {
  const question = event.submitter?.dataset.confirm;
  if (question && !confirm(question)) event.preventDefault();
});
