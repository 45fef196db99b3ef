// The answer sheet: what is on the page, what has been answered so far, what Python said. Views draw it, keys and clicks
// change it, and every change is kept at once: in this browser, and 400 ms later by Python as a draft.

import { Clock } from "./clock.js";
import { Shelf } from "./keep.js";
import { keysFor } from "./keys.js";
import { missing, same } from "./labels.js";
import { identifier, Post } from "./post.js";
import { answered } from "./replies.js";
import { name, speak, t } from "./speech.js";
import { read } from "./text.js";

const SETTLE = 400; // milliseconds after a change until the draft goes out
const CALM = 400; // milliseconds after a new task in which Enter does nothing unless something was answered: it was meant
// for the task before
const HOLD = 60_000; // milliseconds between two renewals of the lease

export class Sheet {
  /** `redraw()` is called after every change, `wake()` to have Python run the whole page. */
  constructor(data, redraw, wake) {
    this.redraw = redraw;
    this.data = data;
    this.shelf = new Shelf(data.who, data.scheme.id);
    this.post = new Post(this.shelf, (message, reply) => answered(this, message, reply), redraw, wake);
    this.clock = new Clock();
    this.view = null;
    this.held = null;
    this.note = null;
    this.guideOpen = this.shelf.read("guide") ?? window.innerWidth > 900;
    this.renewal = setInterval(() => this.renew(), HOLD);
    this.back = () => this.renew();
    document.addEventListener("visibilitychange", this.back);
    this.blank();
    this.started = false;
  }

  blank() {
    Object.assign(this, {
      labels: {},
      outcome: "labelled",
      flag: "",
      history: [],
      touched: false,
      active: null,
      marking: false,
      pen: null,
      selection: null,
      panel: null,
      lacking: null,
      busy: "",
      fields: [],
      reading: read(""),
      keys: keysFor([]),
      third: false,
      lastMark: null,
      lastPlace: null,
    });
  }

  // what comes from Python

  /** New data from Python; `carry(messages)` sends from now on. */
  receive(data, carry) {
    speak(data.lang);
    if (data.session !== this.data.session) this.started = false;
    this.data = data;
    this.moved = false;
    if (data.trouble) this.say("bad", name(data.trouble));
    this.post.receive(data.replies, carry);
    this.adopt(data.view);
    if (!this.started) this.start();
    this.redraw();
  }

  // A new session of Python knows nothing of what was sent to the one before.
  start() {
    this.started = true;
    this.post.resume();
  }

  /** Show a view, unless that would take away an answer that is still being written. */
  adopt(view) {
    const now = this.view;
    if (now && view && now.id === view.id && !this.moved) {
      this.view = { ...now, token: view.token };
      this.held = null;
      return;
    }
    if (now && !this.moved && this.touched) {
      this.held = { view };
      return;
    }
    this.held = null;
    this.show(view);
  }

  show(view) {
    this.blank();
    this.view = view;
    this.calm = Date.now() + CALM;
    this.version = view?.version ?? null;
    if (!view) return;
    this.reading = read(view.task.text);
    this.fields = view.task.fields.map((id) => this.data.scheme.fields.find((field) => field.id === id));
    this.keys = keysFor(this.fields);
    this.active = this.fields[0]?.id;
    this.key = identifier();
    Object.assign(this, { labels: view.labels, outcome: view.outcome, flag: view.flag });
    this.clock.begin(view.seconds);
    this.restore(this.shelf.read(this.slot));
  }

  /** Take up what this browser kept of the task: when it is ahead of the server's draft; ask where both went on. */
  restore(kept) {
    if (!kept || kept.version === undefined) return;
    this.key = kept.key || this.key;
    if (same(kept.labels, this.labels) && kept.outcome === this.outcome && kept.flag === this.flag) return;
    if (kept.version === this.version) {
      Object.assign(this, { labels: kept.labels, outcome: kept.outcome, flag: kept.flag, touched: true });
      this.clock.begin(Math.max(kept.seconds, this.view.seconds));
      this.say("info", t("이 브라우저에 보관했던 답을 이어서 보여 줍니다."));
      this.later();
    } else
      this.panel = {
        kind: "compare",
        of: "draft",
        theirs: { labels: this.labels, version: this.version },
        mine: kept.labels,
      };
  }

  /** Where this browser keeps the answer. */
  get slot() {
    return `draft/${this.view.id}`;
  }

  // what goes to Python

  /** A change to the answer: `change` is any of labels, outcome, flag. */
  edit(change) {
    if (!this.view || this.busy) return;
    const before = { labels: this.labels, outcome: this.outcome, flag: this.flag };
    const after = { ...before, ...change };
    if (same(before, after)) return this.redraw();
    this.history.push(before);
    Object.assign(this, after, { touched: true, lacking: null, note: this.note?.kind === "bad" ? null : this.note });
    this.calm = 0;
    this.keep();
    this.later();
    this.redraw();
  }

  /** Take back the last change to this answer; false when there is none. */
  takeBack() {
    const before = this.history.pop();
    if (!before) return false;
    Object.assign(this, before, { lacking: null });
    this.keep();
    this.later();
    this.redraw();
    return true;
  }

  /** Keep the answer in this browser. */
  keep() {
    const { labels, outcome, flag, key, version } = this;
    this.shelf.write(this.slot, { labels, outcome, flag, key, version, seconds: this.clock.seconds });
  }

  /** Send the draft when nothing changes for a moment. */
  later() {
    clearTimeout(this.draftTimer);
    this.draftTimer = setTimeout(() => this.draft(), SETTLE);
  }

  /** Send the draft, one at a time. */
  draft() {
    if (!this.view || this.busy) return;
    if (this.post.has("draft")) return this.later();
    const { labels, view, version } = this;
    this.post.send({
      kind: "draft",
      view: view.id,
      task_id: view.task.id,
      labels,
      seconds: this.clock.seconds,
      base: view.base,
      expected: version,
    });
  }

  /** Hand the answer in. `also` is added to it (`chosen` of a dispute). */
  save(also = {}) {
    if (!this.view || this.busy || this.panel?.kind === "compare" || Date.now() < this.calm) return;
    const taking = also.chosen !== undefined && also.chosen !== null;
    const lacking = this.outcome === "labelled" && !taking ? missing(this.fields, this.labels) : null;
    if (lacking) {
      Object.assign(this, { lacking: lacking.id, active: lacking.id });
      this.say("bad", t("아직 고르지 않은 질문이 있습니다: {field}", { field: name(lacking.title) }));
      return this.redraw();
    }
    clearTimeout(this.draftTimer);
    const { view, outcome, flag, key } = this;
    const texts = this.fields.filter((field) => field.kind === "text").map((field) => field.id);
    const labels =
      outcome === "labelled"
        ? this.labels
        : Object.fromEntries(Object.entries(this.labels).filter(([id]) => texts.includes(id)));
    const kind = view.mode === "dispute" ? "settle" : "save";
    this.begin(
      kind,
      {
        key,
        task_id: view.task.id,
        token: view.token,
        labels,
        outcome,
        flag,
        seconds: this.clock.seconds,
        base: view.base,
        ...also,
      },
      kind === "save",
    );
  }

  /** Send what leads to another view; until its reply has come the page waits. */
  begin(kind, message, keeps = false) {
    if (this.busy) return;
    clearTimeout(this.draftTimer);
    if (kind === "cancel") this.shelf.drop(this.slot);
    else if (this.touched && !message.key) this.draft();
    Object.assign(this, { busy: kind, panel: null });
    this.post.send({ kind, view: this.view?.id, ...message }, keeps);
    this.redraw();
  }

  /** Hold the seat for longer. */
  renew() {
    if (this.view?.mode === "label" && !document.hidden && !this.post.has("renew"))
      this.post.send({ kind: "renew", view: this.view.id, token: this.view.token });
  }

  /** Say something over the page: `good`, `info`, `bad`, or `out` where somebody is signed out. */
  say(kind, text) {
    this.note = { kind, text };
  }

  toggleGuide() {
    this.guideOpen = !this.guideOpen;
    this.shelf.write("guide", this.guideOpen);
    this.redraw();
  }

  stop() {
    clearTimeout(this.draftTimer);
    clearInterval(this.renewal);
    document.removeEventListener("visibilitychange", this.back);
    this.clock.stop();
    this.post.stop();
  }
}
