"use strict";
// One session as the operator keeps it: an id, and all the inputs so far joined by "*".
const $ = (id) => document.getElementById(id);
let session = null;
let heard = null;
let unanswered = null;
let busy = false;
let lastSeq = 0;
let unread = 0;

const pause = (ms) => new Promise((done) => setTimeout(done, ms));
const fault = (text) => { $("fault").textContent = text; };
const newId = () => "phone-" + Array.from(crypto.getRandomValues(new Uint8Array(12)), (b) => b.toString(16).padStart(2, "0")).join("");

// A lost answer is asked for again with the same words: the node knows the repeated call and answers it alike.
async function ask(path, body, tries = 3) {
  for (let attempt = 1; ; attempt++) {
    try {
      const answer = await fetch("/phone/" + path, {
        method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body),
      });
      if (answer.ok || attempt >= tries) return answer.ok ? await answer.json() : null;
    } catch (lost) {
      if (attempt >= tries) return null;
    }
    await pause(700 * attempt);
  }
}

function show(text, note = "", over = false) {
  $("screen").textContent = text;
  $("measure").textContent = note;
  $("measure").className = over ? "over" : "";
}

function whose() { return { number: $("number").value.trim(), session, code: code }; }
let code = "*999#";

async function press(text) {
  if (busy) return;
  busy = true;
  fault("");
  $("measure").textContent = "…";
  const got = await ask("press", { ...whose(), text });
  busy = false;
  unanswered = got ? null : text;
  if (!got) { fault("No answer. Press Call again. ບໍ່ມີຄຳຕອບ ກົດໂທອີກ"); return; }
  heard = text;
  const name = got.encoding === "gsm7" ? "GSM-7" : "UCS-2";
  show(got.text, `${got.units} / ${got.limit} ${name}`, got.units > got.limit);
  $("input").value = "";
  if (got.end) session = heard = null;
  $("input").focus({ preventScroll: true });
}

// *999*1*2# dials the code with its inputs, as operators cut it.
function dial(typed) {
  const bare = typed.replace(/#$/, "");
  const ours = $("input").dataset.codes.split(" ").find((one) => (bare + "*").startsWith(one.slice(0, -1) + "*"));
  code = ours || typed;
  session = newId();
  heard = null;
  return press(ours ? bare.slice(ours.length) : "");
}

function call() {
  const typed = $("input").value;
  if (unanswered !== null) return press(unanswered);
  if (session === null) return dial(typed || $("input").dataset.codes.split(" ")[0]);
  return press(heard === "" || heard === null ? typed : heard + "*" + typed);
}

async function hangUp() {
  if (session !== null && heard !== null) await ask("hangup", whose());
  session = heard = unanswered = null;
  show("");
  $("input").value = "";
}

function tab(name) {
  for (const one of ["ussd", "sms"]) {
    $(one).hidden = one !== name;
    $("tab-" + one).setAttribute("aria-pressed", String(one === name));
  }
  if (name === "sms") { unread = 0; badge(); }
}

function badge() {
  $("unread").hidden = unread === 0;
  $("unread").textContent = unread;
}

function bubble(text, note, mine) {
  const item = document.createElement("li");
  item.textContent = text;
  if (mine) item.className = "mine";
  const small = document.createElement("small");
  small.textContent = note;
  item.append(small);
  $("messages").append(item);
  item.scrollIntoView({ block: "nearest" });
}

const parts = (units, wide) => units <= (wide ? 70 : 160) ? 1 : Math.ceil(units / (wide ? 67 : 153));

async function poll() {
  for (;;) {
    await pause(document.hidden ? 10000 : 2000);
    const number = encodeURIComponent($("number").value.trim());
    try {
      const got = await (await fetch(`/phone/inbox?number=${number}&after=${lastSeq}`)).json();
      for (const one of got) {
        lastSeq = one.seq;
        const wide = one.encoding === "ucs2";
        bubble(one.text, `${one.from}  ${one.units} ${wide ? "UCS-2" : "GSM-7"}, SMS ×${parts(one.units, wide)}`, false);
        if ($("sms").hidden) { unread++; badge(); }
      }
    } catch (lost) { /* the next round asks again */ }
  }
}

async function send(event) {
  event.preventDefault();
  const text = $("text").value;
  const sent = await ask("send", { number: $("number").value.trim(), to: $("to").value.trim(), text }, 1);
  if (!sent) { fault("Not sent. ສົ່ງບໍ່ໄດ້"); return; }
  fault("");
  bubble(text, $("to").value, true);
  $("text").value = "";
}

async function start() {
  const setup = await (await fetch("/phone/setup")).json();
  $("input").dataset.codes = setup.codes.join(" ");
  $("input").placeholder = setup.codes[0];
  code = setup.codes[0];
  $("number").value = setup.numbers[0];
  $("to").value = setup.short[0] || "";
  for (const [list, values] of [["numbers", setup.numbers], ["short", setup.short]]) {
    for (const value of values) { const option = document.createElement("option"); option.value = value; $(list).append(option); }
  }
  show(`${setup.codes[0]}\nCall ໂທ`);
  poll();
}

$("keys").addEventListener("click", (event) => {
  const button = event.target.closest("button");
  if (!button) return;
  if (button.dataset.key) $("input").value += button.dataset.key;
  else ({ call, clear: () => { $("input").value = $("input").value.slice(0, -1); }, end: hangUp })[button.dataset.do]();
});
$("answer").addEventListener("submit", (event) => { event.preventDefault(); call(); });
$("write").addEventListener("submit", send);
$("text").addEventListener("input", () => { $("count").textContent = $("text").value.length; });
$("number").addEventListener("change", () => { hangUp(); lastSeq = 0; $("messages").replaceChildren(); });
$("tab-ussd").addEventListener("click", () => tab("ussd"));
$("tab-sms").addEventListener("click", () => tab("sms"));
start();
