// What pages need beyond links and forms: the token of this session, plain words when the network goes, live lists.
"use strict";
(() => {
  const token = () => document.querySelector('meta[name="sala-token"]').content;
  const says = document.getElementById("says");
  const say = (text) => { says.textContent = text; };

  document.addEventListener("htmx:configRequest", (event) => {
    event.detail.headers["X-CSRF-Token"] = token();
    if (event.detail.elt.matches("form[data-stays]")) event.detail.headers["X-Sala-Stays"] = "1";
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

  // Every form goes without leaving its page: while the network is away, what was written stands here, to be sent again;
  // a second press while the first is under way does nothing. What an editor's own script sends is left to it.
  const keep = (root) => {
    for (const form of root.querySelectorAll("form[method=post]:not([hx-boost], [hx-post])")) {
      if (form.closest("[hx-boost]")) continue;
      form.setAttribute("hx-boost", "true");
      form.setAttribute("hx-push-url", "false");
      form.setAttribute("hx-sync", "this:drop");
      form.dataset.stays = "";
    }
  };
  keep(document);
  document.addEventListener("htmx:load", (event) => {
    keep(event.target);
    for (const form of event.target.querySelectorAll("form[data-stays]")) htmx.process(form);
  });

  // Whoever has followed a link since she pressed is on her way: a form's late answer does not call her back. It is
  // shown if she is still here after all, as after a link to a file.
  let gone = false;
  const unlessGone = (show) => { if (gone) setTimeout(show, 8000); else show(); };
  document.addEventListener("htmx:beforeRequest", (event) => {
    if (event.detail.elt.matches("form[data-stays]")) gone = false;
  });
  document.addEventListener("click", (event) => {
    const link = event.target.closest("a[href]");
    if (!link || link.target || link.getAttribute("href").startsWith("#")) return;
    const elsewhere = event.ctrlKey || event.metaKey || event.shiftKey || event.button;
    if (!elsewhere && !event.defaultPrevented) gone = true;
  });

  // On to another page after a form; to another place of this one as well.
  document.addEventListener("htmx:beforeOnLoad", (event) => {
    const { xhr, requestConfig } = event.detail;
    const to = xhr.getResponseHeader("HX-Redirect");
    if (!to || !requestConfig.elt.matches("form[data-stays]")) return;
    event.preventDefault();
    unlessGone(() => goOn(to));
  });
  const goOn = (to) => {
    const there = new URL(to, location.href);
    const same = there.pathname + there.search === location.pathname + location.search;
    location.assign(there);
    if (same && there.hash) location.reload();
  };
  document.addEventListener("htmx:beforeSwap", (event) => {
    const { xhr, requestConfig } = event.detail;
    if (!requestConfig.elt.matches("form[data-stays]")) return;
    event.detail.shouldSwap = false;
    // Too long to be taken: the words stand where they were written, to be shortened there.
    if (xhr.status === 413) return;
    event.detail.isError = false;
    unlessGone(() => showInstead(xhr));
  });
  const showInstead = (xhr) => {
    const page = new DOMParser().parseFromString(xhr.responseText, "text/html");
    if (!page.getElementById("main")) { say(xhr.responseText || says.dataset.failed); return; }
    document.title = page.title;
    document.querySelector('meta[name="sala-token"]').content = page.querySelector('meta[name="sala-token"]').content;
    const strip = page.getElementById("strip");
    if (strip) document.getElementById("strip")?.replaceWith(strip); else document.getElementById("strip")?.remove();
    for (const part of ["header.top", "main"]) document.querySelector(part).replaceWith(page.querySelector(part));
    const main = document.getElementById("main");
    keep(document);
    htmx.process(document.body);
    history.replaceState(history.state, "", location.href);
    const alarm = main.querySelector("[role=alert]");
    if (alarm) alarm.tabIndex = -1;
    (alarm || main.querySelector("[autofocus]") || main).focus();
    scrollTo(0, 0);
  };

  // A browser lays out a million letters for minutes, above all Lao ones: what is far too long stays on the clipboard.
  document.addEventListener("paste", (event) => {
    const pasted = event.clipboardData ? event.clipboardData.getData("text") : "";
    if (pasted.length <= 20000 || !event.target.closest("textarea, input")) return;
    event.preventDefault();
    say(says.dataset.long.replace("{n}", pasted.length.toLocaleString("en")));
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
    const changed = () => {
      htmx.trigger(live, "changed");
      const strip = document.getElementById("strip");
      if (strip) htmx.trigger(strip, "changed");
    };
    const listen = () => {
      const source = new EventSource(live.dataset.live);
      source.addEventListener("change", changed);
      // Not taken (too many listen, somebody was signed out): ask by hand now and then, and try to listen again.
      source.addEventListener("error", () => {
        if (source.readyState === EventSource.CLOSED) setTimeout(() => { changed(); listen(); }, 15000);
      });
      addEventListener("pagehide", () => source.close(), { once: true });
    };
    listen();
  }
})();
