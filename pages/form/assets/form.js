// The entry: Streamlit calls the default export with the root of the component, once for every new data from Python.

import { press } from "./commands.js";
import { paint } from "./dom.js";
import { page } from "./page.js";
import { identifier } from "./post.js";
import { quieten } from "./quiet.js";
import { Sheet } from "./sheet.js";

const open = new WeakMap();
const schemes = new Map(); // by digest, `{scheme, guide}`: Python sends each once
let wake = () => {}; // has Python run the whole page: a new process knows no part of it before that

export default function form({ data, parentElement, setTriggerValue }) {
  if (data.wake) {
    wake = () => setTriggerValue("wake", identifier());
    return undefined;
  }
  const send = (messages) =>
    setTriggerValue(
      "messages",
      messages.map((each) => ({ ...each, have: schemes.has(data.digest) ? data.digest : "" })),
    );
  if (data.scheme) schemes.set(data.digest, { scheme: data.scheme, guide: data.guide });
  if (!schemes.has(data.digest)) return send([{ id: identifier(), kind: "hello" }]);
  const whole = { ...data, ...schemes.get(data.digest) };
  const live = open.get(parentElement) || begin(parentElement, whole, (scheme) => setTriggerValue("scheme", scheme));
  live.receive(whole, send);
  // Streamlit also calls this for a call that was overtaken by the next: only a root that is gone ends the form.
  return () => setTimeout(() => parentElement.isConnected || live.end(), 0);
}

function begin(root, data, go) {
  const box = document.createElement("div");
  box.className = "form";
  root.appendChild(box);
  let drawn = null;
  const draw = () => {
    drawn = null;
    dress(box);
    paint(box, page(sheet));
  };
  const sheet = new Sheet(
    data,
    () => (drawn ??= requestAnimationFrame(draw)),
    () => wake(),
  );
  sheet.go = (scheme) => {
    sheet.draft();
    go(scheme);
  };
  sheet.focusText = () => box.querySelector("textarea")?.focus();
  sheet.showActive = () =>
    requestAnimationFrame(() => box.querySelector(".question.active")?.scrollIntoView({ block: "nearest" }));
  sheet.showChosen = () =>
    requestAnimationFrame(() => box.querySelector(".chosen")?.scrollIntoView({ block: "nearest" }));
  const keydown = (event) => press(event, sheet, root);
  window.addEventListener("keydown", keydown, true);
  const live = {
    receive: (...given) => styled(root).then(() => sheet.receive(...given)),
    end: () => {
      window.removeEventListener("keydown", keydown, true);
      loud();
      open.delete(root);
      sheet.stop();
      box.remove();
    },
  };
  const loud = quieten(() => sheet.post.ping());
  open.set(root, live);
  return live;
}

// Nothing is drawn before the style sheet is there, so that nothing jumps.
function styled(root) {
  const link = root.querySelector("link[rel=stylesheet]");
  if (!link || link.sheet) return Promise.resolve();
  return new Promise((done) =>
    ["load", "error"].forEach((event) => link.addEventListener(event, done, { once: true })),
  );
}

// Light or dark as the page around it is.
function dress(box) {
  const [red, green, blue] = (
    getComputedStyle(document.querySelector(".stApp") || document.body).backgroundColor.match(/[\d.]+/g) || [
      255, 255, 255,
    ]
  ).map(Number);
  box.classList.toggle("dark", red * 0.299 + green * 0.587 + blue * 0.114 < 128);
}
