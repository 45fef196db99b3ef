/* The chat page's behaviour in the browser: clicks become events for the server, a sentence and its evidence light up
   together, Hangul composition never sends, the panel is a sheet on narrow screens. No library, no request of its own. */
(() => {
  "use strict";
  const $ = (selector, root = document) => root.querySelector(selector);
  const all = (selector, root = document) => [...root.querySelectorAll(selector)];
  const narrow = () => window.matchMedia("(max-width: 900px)").matches;
  const triggers = new Map();
  let pending = null; // what to go to once the evidence of another answer has arrived

  /* Why the server can't take a click now: Gradio has one English sentence for all of that, ours say when to try again. */
  const BUSY = {
    ko: "지금 묻는 사람이 많습니다. 잠시 뒤 다시 눌러 주세요.",
    en: "Too many people are asking at once. Try again in a moment.",
  };
  const plain = window.fetch;
  window.fetch = async (...request) => {
    const reply = await plain(...request);
    if (reply.ok || reply.status === 422 || !reply.url.includes("/gradio_api/queue/join")) return reply;
    const said = await reply.json().catch(() => ({}));
    const lang = document.documentElement.lang === "en" ? "en" : "ko";
    const detail = said.detail_en ? said[lang === "en" ? "detail_en" : "detail"] : BUSY[lang];
    return new Response(JSON.stringify({detail}), {status: 500, headers: {"Content-Type": "application/json"}});
  };

  /* Hangul: Gradio's text box sends on Enter without asking whether a syllable is still being composed. */
  let swallow = false;
  const composing = (event) => event.isComposing || event.keyCode === 229;
  window.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || !event.target.closest?.("#hs-box")) return;
    swallow = composing(event);
    if (swallow) event.stopImmediatePropagation();
  }, true);
  window.addEventListener("keypress", (event) => {
    if (event.key !== "Enter" || !event.target.closest?.("#hs-box")) return;
    if (swallow || composing(event)) event.stopImmediatePropagation();
  }, true);
  window.addEventListener("keyup", () => { swallow = false; }, true);

  /* Clicks and changes */
  function fields(form) {
    const found = {};
    if (form) for (const [name, value] of new FormData(form)) (found[name] ??= []).push(value);
    return found;
  }
  function clicked(element, send, event) {
    const act = event.target.closest("[data-act]");
    if (act && element.contains(act) && !act.disabled) {
      if (act.dataset.act === "xray") open(true);
      send({...act.dataset, fields: fields(act.closest("form"))});
      return;
    }
    const link = event.target.closest("[data-link]");
    if (link) return void copy(link);
    const near = event.target.closest("[data-go]");
    if (near) return void go(near.closest("[data-trace]").dataset.trace, {passage: near.dataset.go});
    const cite = event.target.closest(".answer [data-cites]");
    if (cite) return void go(cite.closest("[data-trace]").dataset.trace, {cites: cite.dataset.cites});
    const card = event.target.closest(".evidence [data-cites]");
    if (card && !window.getSelection().toString()) back(card);
  }
  function changed(element, send, event) {
    const source = event.target.closest("[data-change]");
    if (!source || !element.contains(source)) return;
    const form = source.matches("form") ? fields(source) : {[source.name]: [source.value]};
    send({act: source.dataset.change, fields: form});
  }
  function attach(element, send) {
    triggers.set(element, send);
    element.addEventListener("click", (event) => clicked(element, send, event));
    element.addEventListener("change", (event) => changed(element, send, event));
    element.addEventListener("input", (event) => {
      const output = event.target.matches("[type=range]") && event.target.parentElement.querySelector("output");
      if (output) output.textContent = event.target.value;
    });
    for (const name of ["mouseover", "focusin"]) element.addEventListener(name, (event) => light(event.target));
    for (const name of ["mouseleave", "focusout"]) element.addEventListener(name, () => light(null));
    if (element.closest("#hs-evidence")) new MutationObserver(arrive).observe(element, {childList: true, subtree: true, attributes: true});
    if (element.closest("#hs-restaurant")) keepOpen(element);
    if (element.closest("#hs-talk")) new MutationObserver(follow).observe(element, {childList: true, subtree: true, characterData: true, attributes: true, attributeFilter: ["data-trace"]});
    if (element.closest("#hs-header")) new MutationObserver(language).observe(element, {childList: true, subtree: true, attributes: true});
    language();
  }

  /* Drawn anew (in a language model's words), a portrait keeps open what was: the same sentences at the same places. */
  const kept = {whose: "", open: new Set()};
  function keepOpen(element) {
    const details = () => all(".drawn details", element);
    element.addEventListener("click", (event) => { // by hand, not by a drawing, which closes them, too
      const one = event.target.closest("summary")?.parentElement, place = details().indexOf(one);
      if (place >= 0) kept.open[one.open ? "delete" : "add"](place);
    }, true);
    const redrawn = () => {
      const whose = $(".drawn", element)?.dataset.restaurant;
      if (!whose) return; // between two drawings
      if (whose !== kept.whose) [kept.whose, kept.open] = [whose, new Set()];
      for (const place of kept.open) { const one = details()[place]; if (one && !one.open) one.open = true; }
    };
    new MutationObserver(redrawn).observe(element, {childList: true, subtree: true, attributes: true, attributeFilter: ["open"]});
  }

  /* A sentence and its evidence light up together. */
  const shares = (a, b) => a.split(" ").some((one) => b.split(" ").includes(one));
  function mark(trace, cites) {
    for (const side of all(`.answer[data-trace="${trace}"], .evidence[data-trace="${trace}"]`))
      for (const part of all("[data-cites]", side)) part.classList.toggle("lit", shares(part.dataset.cites, cites));
  }
  function light(target) {
    const morpheme = target?.closest?.("[data-match]");
    for (const one of all("[data-match]")) one.classList.toggle("lit", !!morpheme && one.dataset.match === morpheme.dataset.match);
    const part = target?.closest?.(".answer [data-cites], .evidence [data-cites]");
    if (!target) for (const one of all("[data-cites].lit")) one.classList.remove("lit");
    if (part) mark(part.closest("[data-trace]").dataset.trace, part.dataset.cites);
  }
  function send(data) {
    for (const [element, trigger] of triggers) if (element.isConnected && element.closest("#hs-talk")) return trigger(data);
  }
  function go(trace, target) {
    tab(0);
    open(true);
    const panel = $(".evidence");
    if (panel?.dataset.trace === trace && reach(panel, target)) return;
    pending = {trace, target};
    send({act: "focus", trace, passage: target.passage ?? ""});
  }
  function arrive() {
    const panel = $(".evidence");
    if (!pending || panel?.dataset.trace !== pending.trace) return;
    const {target} = pending;
    if (reach(panel, target)) pending = null;
  }
  function reach(panel, target) {
    const card = all(".card", panel).find((one) => target.passage ? one.dataset.passage === target.passage : one.dataset.cites && shares(one.dataset.cites, target.cites));
    if (!card) return false;
    const quote = target.cites && all(".quote", card).find((one) => shares(one.dataset.cites, target.cites));
    if (target.cites) mark(panel.dataset.trace, target.cites);
    for (const one of all(".card.here", panel)) one.classList.remove("here");
    card.classList.add("here");
    card.focus({preventScroll: true});
    if (target.cites) mark(panel.dataset.trace, target.cites);
    (quote || card).scrollIntoView({block: "center", behavior: calm()});
    return true;
  }
  function back(part) {
    const trace = part.closest("[data-trace]").dataset.trace;
    const sentence = all(`.answer[data-trace="${trace}"] .sentence`).find((one) => shares(one.dataset.cites, part.dataset.cites));
    mark(trace, part.dataset.cites);
    if (sentence && !narrow()) sentence.scrollIntoView({block: "nearest", behavior: calm()});
  }
  const calm = () => window.matchMedia("(prefers-reduced-motion: reduce)").matches ? "auto" : "smooth";
  const tab = (place) => {
    const button = all("#hs-tabs button[role=tab]")[place];
    if (button && button.getAttribute("aria-selected") !== "true") button.click();
  };

  /* A point of a restaurant's figure: Gradio has no event for it, Plotly has. */
  const figures = "#hs-aspects, #hs-months, #hs-feelings";
  function picked({points}) {
    const pick = points.map((point) => point.customdata).find((one) => typeof one === "string");
    if (pick) send({act: "pick", pick});
  }
  function listen(event) { // anew each time: a figure that is drawn again has forgotten who listened
    const plot = event.target.closest?.(figures)?.querySelector(".js-plotly-plot");
    if (!plot?.on) return;
    plot.removeListener?.("plotly_click", picked);
    plot.on("plotly_click", picked);
  }
  for (const name of ["mouseover", "touchstart", "pointerdown"]) document.addEventListener(name, listen, {capture: true, passive: true});

  /* The sheet */
  function open(yes) {
    if (!narrow()) return;
    document.body.classList.toggle("hs-sheet", yes);
    $("#hs-open")?.setAttribute("aria-expanded", String(yes));
  }
  document.addEventListener("click", (event) => {
    if (event.target.closest("#hs-open")) open(true);
    else if (event.target.closest("#hs-close")) { open(false); $("#hs-open")?.focus(); }
    else if (document.body.classList.contains("hs-sheet") && !event.target.closest("#hs-panel, #hs-talk, [role=listbox]")) open(false);
  });
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && document.body.classList.contains("hs-sheet")) { open(false); $("#hs-open")?.focus(); }
  });

  /* The link; an address without https has no clipboard, so the old way remains. */
  async function copy(button) {
    const address = new URL(button.dataset.link, document.baseURI).href;
    try {
      await navigator.clipboard.writeText(address);
    } catch {
      const area = document.body.appendChild(Object.assign(document.createElement("textarea"), {value: address}));
      area.select();
      document.execCommand("copy");
      area.remove();
    }
    const status = $("#hs-status .status span:last-child");
    if (status) status.textContent = `${button.dataset.done}: ${address}`;
  }

  /* A new question comes to the top and stays there while it is answered, unless the reader scrolls. */
  let turns = 0;
  let following = false;
  for (const name of ["wheel", "touchmove", "mousedown"]) document.addEventListener(name, () => { following = false; }, {passive: true});
  function follow() {
    const now = all("#hs-talk .turn");
    if (now.length > turns) following = true;
    turns = now.length;
    keep(now);
    if (!now.length) return;
    accept(now.at(-1));
    if (!following) return;
    now.at(-1).scrollIntoView({block: "start"});
    if (!now.at(-1).querySelector(".working")) following = false;
  }
  /* The box is emptied here, once the service has taken the question: what is wrong stays to be mended, and what was
     typed meanwhile stays too. */
  let accepted = null;
  function accept(turn) {
    if (!turn?.dataset.trace || turn.dataset.trace === accepted) return;
    accepted = turn.dataset.trace;
    const box = $("#hs-box textarea");
    if (box.value.trim() !== turn.querySelector(".question")?.textContent) return;
    box.value = "";
    box.dispatchEvent(new Event("input", {bubbles: true}));
  }
  function language() {
    const lang = $("#hs-header [data-lang]")?.dataset.lang;
    if (lang && document.documentElement.lang !== lang) document.documentElement.lang = lang;
    if (lang && resumed) store(localStorage, "hansang.lang", lang);
  }

  /* A reload brings the language and this tab's conversation back. The tab keeps the ids of its answers, the server the
     answers. A browser that forbids storage just begins anew. */
  let resumed = false;
  const store = (where, key, value) => { try { where.setItem(key, value); } catch { /* forbidden or full */ } };
  const stored = (where, key) => { try { return where.getItem(key); } catch { return null; } };
  function keep(now) {
    if (!resumed) return resume();
    const ids = now.filter((turn) => turn.dataset.trace).map((turn) => turn.dataset.trace);
    if (ids.length || $("#hs-talk .welcome")) store(sessionStorage, "hansang.traces", JSON.stringify(ids));
  }
  function resume() {
    if (!$("#hs-talk .welcome, #hs-talk .turn")) return; // the server hasn't begun the session yet
    resumed = true;
    const lang = stored(localStorage, "hansang.lang") ?? "ko";
    const traces = $("#hs-talk .welcome") ? JSON.parse(stored(sessionStorage, "hansang.traces") ?? "[]") : [];
    if (lang !== "ko" || traces.length) send({act: "resume", lang, traces});
  }
  window.hansang = {attach};
})();
