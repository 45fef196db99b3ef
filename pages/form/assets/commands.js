// One press of a key: whose it is, and what it does. A key that means nothing here does nothing, and none reaches the page's
// own shortcuts (Streamlit's R and C).

import { applyPen, dropPen, eraseSelected, pick, polarise, step, toggleUnjudgeable } from "./editing.js";
import { open } from "./frame.js";
import { composing, digit, editable, focused, pressed } from "./keys.js";
import { byCluster, byWord, firstWord, toEdge } from "./marking.js";
import { PANELS } from "./panels.js";

/** Handle a keydown. `root` is the component's shadow root. */
export function press(event, sheet, root) {
  if (composing(event)) return;
  const target = focused(event);
  const inside = root.contains(target);
  if (!inside && target !== document.body && target !== document.documentElement) return;
  if (event.ctrlKey || event.metaKey) return withControl(event, sheet, target);
  if (event.altKey) return;
  const key = pressed(event);
  if (key === "Escape") return done(event, escape(sheet, target));
  if (sheet.panel) return inPanel(event, key, sheet, target);
  if (editable(target) || native(key, target)) return;
  done(event, sheet.view ? run(key, sheet, event) : false);
}

function done(event, handled) {
  if (handled || /^(Key|Digit|Slash)/.test(event.code)) event.stopImmediatePropagation();
  if (handled) event.preventDefault();
}

// Enter on a button that isn't an answer presses it, as everywhere; arrows inside a group of radio buttons move in it.
function native(key, target) {
  if (!(target instanceof Element) || target === document.body) return false;
  if (key === "Tab" || key === "Shift+Tab") return true;
  const control = target.closest("button, a, summary, [role=radio]");
  if (!control) return false;
  if (/Arrow/.test(key)) return control.matches("[role=radio]");
  if (key === "Space") return true;
  return key === "Enter" && !control.matches("[data-answer]");
}

function withControl(event, sheet, target) {
  const key = event.code;
  if (key === "Enter" && sheet.view && !sheet.panel) done(event, submit(sheet));
  if (key !== "KeyZ" || event.shiftKey || editable(target) || sheet.panel) return;
  done(event, true);
  undo(sheet);
}

// Take the last change back; where there is none, reopen the answer that was saved last.
function undo(sheet) {
  if (sheet.takeBack()) return;
  reopen(sheet);
}

/** Reopen the answer that was saved last. */
export function reopen(sheet) {
  if (sheet.data.undo && !sheet.busy) sheet.begin("undo", {});
}

function submit(sheet) {
  if (sheet.view.mode === "dispute" && !sheet.third) return false;
  sheet.save(sheet.view.mode === "dispute" ? { chosen: null } : {});
  return true;
}

function escape(sheet, target) {
  if (editable(target)) target.blur();
  if (sheet.panel) sheet.panel = sheet.panel.kind === "compare" ? sheet.panel : null;
  else if (editable(target)) return true;
  else if (sheet.marking || sheet.pen || sheet.selection) return (dropPen(sheet), true);
  else if (sheet.third) sheet.third = false;
  else if (sheet.view?.mode === "revise") return (sheet.begin("cancel", {}), true);
  else return false;
  sheet.redraw();
  return true;
}

function run(key, sheet, event) {
  if (sheet.busy) return true;
  if (sheet.view.mode === "dispute" && !sheet.third) return judge(key, sheet);
  if (key === "Enter") return event.repeat || (sheet.marking && applyPen(sheet)) || submit(sheet);
  if (sheet.marking && marking(key, sheet)) return true;
  return command(key, sheet) || option(key, sheet, event) || arrows(key, sheet);
}

// A dispute: the letter of an answer takes it.
function judge(key, sheet) {
  const answer = sheet.view.answers.find((each) => key === `Key${each.name}`);
  if (answer) sheet.save({ chosen: answer.id, labels: answer.labels, outcome: answer.outcome });
  else if (key === "Enter" || key === "KeyE") sheet.third = true;
  else if (sheet.keys.commands.get(key) === "keys") sheet.panel = { kind: "keys" };
  else if (sheet.keys.commands.get(key) === "guide") sheet.toggleGuide();
  else return false;
  sheet.redraw();
  return true;
}

function marking(key, sheet) {
  const { reading, selection } = sheet;
  const moves = {
    ArrowLeft: () => byWord(reading, selection, -1, false),
    ArrowRight: () => byWord(reading, selection, 1, false),
    "Shift+ArrowLeft": () => byWord(reading, selection, -1, true),
    "Shift+ArrowRight": () => byWord(reading, selection, 1, true),
    Home: () => toEdge(reading, selection, -1, false),
    End: () => toEdge(reading, selection, 1, false),
    "Shift+Home": () => toEdge(reading, selection, -1, true),
    "Shift+End": () => toEdge(reading, selection, 1, true),
    Comma: () => byCluster(reading, selection, -1, false),
    Period: () => byCluster(reading, selection, 1, false),
    "Shift+Comma": () => byCluster(reading, selection, -1, true),
    "Shift+Period": () => byCluster(reading, selection, 1, true),
  };
  if (moves[key]) sheet.selection = selection ? moves[key]() : firstWord(reading);
  else if (key === "Space") return applyPen(sheet);
  else if (key === "Backspace" || key === "Delete") return (eraseSelected(sheet), true);
  else return false;
  sheet.redraw();
  sheet.showChosen?.();
  return true;
}

const COMMANDS = {
  skip: (sheet) => sheet.view.mode === "label" && open(sheet, { kind: "skip", reason: -1, text: "" }),
  unjudgeable: toggleUnjudgeable,
  flag: (sheet) => (sheet.flag ? sheet.edit({ flag: "" }) : open(sheet, { kind: "flag", text: "" })),
  search: (sheet) => open(sheet, { kind: "search", query: "", at: 0 }),
  keys: (sheet) => open(sheet, { kind: "keys" }),
  keep: (sheet) => decide(sheet, true),
  mend: (sheet) => decide(sheet, false),
  guide: (sheet) => sheet.toggleGuide(),
  note: (sheet) => sheet.focusText?.(),
};

function command(key, sheet) {
  const name = sheet.keys.commands.get(key);
  if (!name) return false;
  COMMANDS[name](sheet);
  return true;
}

/** What the person makes of the model's suggestion: keep the own answer, or mend it. */
export function decide(sheet, kept) {
  const { previous } = sheet.data;
  if (!previous?.suggestion || previous.decided || sheet.busy) return;
  if (kept) sheet.post.send({ kind: "seen", task_id: previous.task_id, suggestion_id: previous.suggestion.id, kept });
  else sheet.begin("open", { task_id: previous.task_id });
}

function option(key, sheet, event) {
  const polarity = sheet.keys.polarities.get(key);
  if (polarity) return (polarise(sheet, polarity.field, polarity.polarity.id), true);
  let found = sheet.keys.options.get(key);
  if (!found) {
    const field = sheet.fields.find((each) => each.id === sheet.active);
    const keyless = field && field.options.every((each) => !each.code);
    found = keyless && field.options[digit(key) - 1] && { field, option: field.options[digit(key) - 1] };
  }
  if (!found) return false;
  if (!event.repeat) pick(sheet, found.field, found.option, true);
  return true;
}

function arrows(key, sheet) {
  if (key === "ArrowUp" || key === "ArrowDown") return walk(sheet, key === "ArrowUp" ? -1 : 1);
  if (key !== "ArrowLeft" && key !== "ArrowRight") return false;
  const scales = sheet.fields.filter((field) => field.kind === "scale");
  const field = scales.find((each) => each.id === sheet.active) || scales[0];
  if (!field) return false;
  sheet.active = field.id;
  step(sheet, field, key === "ArrowLeft" ? -1 : 1);
  return true;
}

function walk(sheet, by) {
  const at = sheet.fields.findIndex((field) => field.id === sheet.active);
  sheet.active = sheet.fields[Math.min(sheet.fields.length - 1, Math.max(0, at + by))]?.id;
  sheet.redraw();
  sheet.showActive?.();
  return true;
}

function inPanel(event, key, sheet, target) {
  const { panel } = sheet;
  if (PANELS[panel.kind].press(key, sheet, target)) {
    done(event, true);
    if (!sheet.panel) target.blur?.(); // the next key is not for the panel that is going
  } else if (!editable(target) && !native(key, target)) done(event, /^(Key|Digit|Slash)/.test(key) || key === "Enter");
}
