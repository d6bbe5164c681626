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
    const told = plain ? answer.responseText : new DOMParser().parseFromString(answer.responseText, "text/html").querySelector("main .problem")?.textContent;
    say(told || says.dataset.failed);
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

  // A long form goes without leaving its page: while the network is away, what was written stands here, to be sent again.
  document.addEventListener("htmx:beforeSwap", (event) => {
    const { xhr, requestConfig } = event.detail;
    if (!requestConfig.elt.matches("form[data-stays]")) return;
    event.detail.shouldSwap = false;
    if (xhr.status < 400) { location.assign(xhr.responseURL); return; }
    // Too long to be taken: the words stand where they were written, to be shortened there.
    if (xhr.status === 413) return;
    event.detail.isError = false;
    const page = new DOMParser().parseFromString(xhr.responseText, "text/html");
    if (!page.getElementById("main")) { say(xhr.responseText || says.dataset.failed); return; }
    document.getElementById("main").replaceWith(page.getElementById("main"));
    htmx.process(document.getElementById("main"));
    const alarm = document.querySelector("main [role=alert]");
    if (alarm) { alarm.tabIndex = -1; alarm.focus(); }
    scrollTo(0, 0);
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
