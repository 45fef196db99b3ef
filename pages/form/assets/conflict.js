// Two tabs, or two devices, went different ways with one task: the person decides, nothing is overwritten.

import { identifier } from "./post.js";

/** Leave the stored answer or draft as it is and go on. */
export function keepTheirs(sheet) {
  const { of, theirs, message } = sheet.panel;
  sheet.panel = null;
  if (of === "answer") {
    sheet.shelf.drop(`draft/${message.view}`);
    return sheet.begin("cancel", { view: message.view });
  }
  sheet.history.push({ labels: sheet.labels, outcome: sheet.outcome, flag: sheet.flag });
  Object.assign(sheet, { version: theirs.version, labels: theirs.labels });
  sheet.keep();
  sheet.redraw();
}

/** Put this tab's labels in the place of the stored ones: as the next revision, or the next draft. */
export function keepMine(sheet) {
  const { of, theirs, mine, message } = sheet.panel;
  sheet.panel = null;
  if (of === "draft") {
    Object.assign(sheet, { version: theirs.version, labels: sheet.touched ? sheet.labels : mine, touched: true });
    sheet.keep();
    sheet.later();
    return sheet.redraw();
  }
  if (message.kind === "draft") return reviseWithMine(sheet, theirs.id, message.task_id);
  const { id, kind, resumed, ...again } = message;
  sheet.begin(kind, { ...again, key: identifier(), base: theirs.id }, true);
}

// Only a draft met the other tab's answer: open that for revision, with what was written here.
function reviseWithMine(sheet, base, task) {
  const { labels, outcome, flag } = sheet;
  sheet.shelf.drop(sheet.slot);
  // Python opens a revision with a first draft of its own, version 1: this is ahead of it.
  const kept = { labels, outcome, flag, version: 1, seconds: sheet.clock.seconds };
  sheet.shelf.write(`draft/${task}-${base}-revise`, kept);
  sheet.touched = false;
  sheet.begin("open", { task_id: task });
}

/** Give up an answer whose seat is lost, and show what Python has. */
export function letGo(sheet) {
  sheet.shelf.drop(sheet.slot);
  const next = sheet.held.view;
  Object.assign(sheet, { held: null, touched: false });
  if (next === undefined) sheet.begin("cancel", {});
  else sheet.show(next);
  sheet.redraw();
}
