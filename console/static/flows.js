// The flow editor: keeps the map where it was, jumps to fields, types on the phone's keypad, warns before work is lost.
"use strict";
(() => {
  let map = null;
  // The fields that hold something else than when they came; typed back to what it was, a field is as it was.
  const dirty = new Set();
  const work = () => document.getElementById("work");
  const box = () => document.querySelector(".mapbox");

  const show = () => {
    const here = box();
    if (!here) return;
    if (map) { here.scrollLeft = map.left; here.scrollTop = map.top; }
    const now = here.querySelector(".now .body");
    if (!now) return;
    const card = now.getBoundingClientRect();
    const frame = here.getBoundingClientRect();
    if (card.left < frame.left || card.right > frame.right) here.scrollLeft += card.left - frame.left - (frame.width - card.width) / 2;
    if (card.top < frame.top || card.bottom > frame.bottom) here.scrollTop += card.top - frame.top - (frame.height - card.height) / 2;
  };
  const jump = (to) => {
    const name = typeof to === "string" ? to : location.hash.slice(1);
    const field = name.startsWith("f-") && document.getElementById(name);
    if (!field) return;
    for (let around = field.closest("details"); around; around = around.parentElement.closest("details")) around.open = true;
    field.focus();
    field.scrollIntoView({ block: "center" });
  };
  const ring = () => {
    const phone = document.getElementById("phone");
    for (const card of document.querySelectorAll(".map .card")) card.classList.remove("ringing");
    if (!phone || !phone.dataset.step) return;
    const cards = document.querySelectorAll(".map > a");
    const card = cards[Number(phone.dataset.step) - 1];
    if (card) card.firstElementChild.classList.add("ringing");
  };

  document.addEventListener("htmx:beforeSwap", () => {
    const here = box();
    if (here) map = { left: here.scrollLeft, top: here.scrollTop };
  });
  // What stands against a save comes with its own page, which is shown like any other.
  document.addEventListener("htmx:beforeSwap", (event) => {
    const status = event.detail.xhr.status;
    if (status === 409 || status === 422) { event.detail.shouldSwap = true; event.detail.isError = false; }
    // A page without the three panes is a page of its own, however it was asked for.
    if (event.detail.target.id !== "work" || event.detail.xhr.responseText.includes('id="work"')) return;
    event.detail.shouldSwap = false;
    // Too long to be taken: the words stay where they were written, desk.js says why.
    if (status === 413) return;
    dirty.clear();
    if (event.detail.requestConfig.verb === "get") { location.assign(event.detail.xhr.responseURL); return; }
    document.body.innerHTML = new DOMParser().parseFromString(event.detail.xhr.responseText, "text/html").body.innerHTML;
  });
  document.addEventListener("htmx:afterSettle", (event) => {
    ring();
    if (event.detail.target.id === "phone" || event.target.id === "phone") {
      const typed = document.getElementById("typed");
      if (typed && event.detail.requestConfig && event.detail.requestConfig.verb === "post") typed.focus();
      return;
    }
    if (event.target.id !== "work") return;
    dirty.clear();
    show();
    const alarm = document.querySelector("#work > [role=alert]");
    const anchor = event.detail.pathInfo && event.detail.pathInfo.anchor;
    if (alarm) { alarm.tabIndex = -1; alarm.focus(); }
    else if (anchor) setTimeout(() => jump(anchor));
    else document.getElementById("step-title")?.focus({ preventScroll: true });
  });
  addEventListener("hashchange", jump);

  document.addEventListener("input", (event) => {
    const field = event.target;
    if (!field.closest("[data-dirty]")) return;
    if (field.matches("textarea, input:not([type=checkbox], [type=radio])") && field.value === field.defaultValue) dirty.delete(field);
    else dirty.add(field);
  });
  // While a step is being saved nobody asks for its room any more: the page that comes has it.
  let saving = false;
  document.addEventListener("submit", (event) => { dirty.clear(); saving = event.target.matches(".editor"); }, true);
  document.addEventListener("htmx:beforeRequest", (event) => {
    if (saving && event.detail.pathInfo.requestPath.endsWith("/rooms")) event.preventDefault();
  });
  document.addEventListener("htmx:afterRequest", (event) => { if (event.target.matches(".editor")) saving = false; });
  document.addEventListener("htmx:beforeSwap", (event) => {
    if (saving && event.detail.requestConfig.path.endsWith("/rooms")) event.detail.shouldSwap = false;
  });
  document.addEventListener("htmx:confirm", (event) => {
    const leaves = event.detail.elt.matches("a, form:not([data-dirty])") && !event.detail.elt.closest("#phone form");
    if (!dirty.size || !leaves || event.detail.verb !== "get") return;
    event.preventDefault();
    if (confirm(work().dataset.unsaved)) { dirty.clear(); event.detail.issueRequest(true); }
  });
  addEventListener("beforeunload", (event) => { if (dirty.size) event.preventDefault(); });

  // Where something is typed, the keypad writes; where one key is the answer, it sends.
  document.addEventListener("click", (event) => {
    const key = event.target.closest(".pad button");
    const form = key && key.closest("form[data-types]");
    if (!form) return;
    event.preventDefault();
    const typed = document.getElementById("typed");
    typed.value += key.value;
    typed.focus();
  }, true);

  document.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && event.ctrlKey) {
      document.querySelector(".editor")?.requestSubmit();
      return;
    }
    if (event.ctrlKey || event.altKey || event.metaKey || event.target.closest("input, textarea, select, dialog")) return;
    // On the large phone a digit is pressed on the phone, wherever the eye is.
    if (/^[0-9*#]$/.test(event.key) && document.querySelector(".large")) { document.getElementById("typed")?.focus(); return; }
    const reach = {
      "/": () => document.getElementById("q"),
      e: () => document.querySelector(".editor textarea, .editor input:not([type=hidden])"),
      p: () => document.getElementById("typed"),
      m: () => document.querySelector(".map [aria-current], .outline [aria-current]"),
    }[event.key];
    if (event.key === "?") document.getElementById("keys")?.showModal();
    const target = reach && reach();
    if (target) { event.preventDefault(); target.focus(); }
  });

  // A card of the map is a plain link: the page that comes takes up where this one was.
  document.addEventListener("click", (event) => {
    const here = box();
    if (here && event.target.closest(".map a")) {
      sessionStorage.setItem("map", JSON.stringify({ left: here.scrollLeft, top: here.scrollTop }));
    }
  });
  const before = sessionStorage.getItem("map");
  sessionStorage.removeItem("map");
  if (before) map = JSON.parse(before);
  show();
  ring();
  jump();
  if (before && !location.hash) document.getElementById("step-title")?.focus({ preventScroll: true });
})();
