// What pages need beyond links and forms: the token of this session, plain words when the network goes, live lists.
"use strict";
(() => {
  const token = document.querySelector('meta[name="sala-token"]').content;
  const says = document.getElementById("says");
  const say = (text) => { says.textContent = text; };

  document.addEventListener("htmx:configRequest", (event) => {
    event.detail.headers["X-CSRF-Token"] = token;
  });
  document.addEventListener("htmx:beforeRequest", () => say(""));
  document.addEventListener("htmx:sendError", () => say(says.dataset.lost));
  document.addEventListener("htmx:timeout", () => say(says.dataset.lost));
  document.addEventListener("htmx:responseError", (event) => {
    const answer = event.detail.xhr;
    const plain = (answer.getResponseHeader("Content-Type") || "").startsWith("text/plain");
    say(plain && answer.responseText ? answer.responseText : says.dataset.failed);
  });

  // A form goes once: a second press while the first is under way does nothing.
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (form.method !== "post" || form.hasAttribute("hx-post")) return;
    if (form.dataset.sent) { event.preventDefault(); return; }
    form.dataset.sent = "1";
    setTimeout(() => { delete form.dataset.sent; }, 8000);
  });
  addEventListener("pageshow", () => {
    for (const form of document.forms) delete form.dataset.sent;
  });

  document.addEventListener("change", (event) => {
    if (event.target.closest("[data-submit]")) event.target.form.requestSubmit();
  });
  document.addEventListener("click", (event) => {
    if (event.target.closest("[data-print]")) print();
  });

  // Live parts: the server says that something changed, and the element asks for itself again.
  const live = document.querySelector("[data-live]");
  if (live && "EventSource" in window) {
    const source = new EventSource(live.dataset.live);
    source.addEventListener("change", () => {
      htmx.trigger(live, "changed");
      htmx.trigger(document.getElementById("strip"), "changed");
    });
    addEventListener("pagehide", () => source.close());
  }
})();
