// What a key or a click does to the answer: from an option, a step or a stroke of the marker to a change of the sheet.

import { choose, firstPolarity, mark, move, nextPolarity, prefer, raise, unmark, weigh, write } from "./labels.js";
import { covering, firstWord, rangeOf } from "./marking.js";
import { cut, snapped } from "./text.js";

/** Choose an option of any field, as its kind says: take it, raise it, or take it up as the marker. */
export function pick(sheet, field, option, byKey = false) {
  sheet.active = field.id;
  if (field.kind === "spans") return takePen(sheet, field, option, byKey);
  const change = {
    multi: raise,
    preference: (labels, f, id) => prefer(labels, f, id, sheet.view.task.shown),
    single: choose,
    scale: choose,
  }[field.kind];
  answer(sheet, change(sheet.labels, field, option.id));
}

/** A strength of a multi option by hand. */
export const setStrength = (sheet, field, option, strength) =>
  answer(sheet, weigh(sheet.labels, field, option.id, strength));

/** One step along a scale. */
export const step = (sheet, field, by) => answer(sheet, move(sheet.labels, field, by));

/** Write into a text field, up to its length in code points. */
export function type(sheet, field, text) {
  const letters = [...text];
  const fitting =
    field.max_length && letters.length > field.max_length ? letters.slice(0, field.max_length).join("") : text;
  sheet.edit({ labels: write(sheet.labels, field, fitting) });
}

function answer(sheet, labels) {
  sheet.edit({ labels, outcome: "labelled" });
}

// Take up the marker of an option: marks what is selected already, else waits for words; again changes the polarity.
function takePen(sheet, field, option, byKey) {
  const { pen, selection } = sheet;
  if (selection?.pending && !pen)
    return stroke(sheet, field, option.id, firstPolarity(sheet.fields, sheet.labels, field));
  if (pen?.field === field.id && pen.option === option.id) {
    sheet.pen = { ...pen, polarity: nextPolarity(field, pen.polarity) };
  } else {
    const polarity = pen?.polarity || firstPolarity(sheet.fields, sheet.labels, field);
    sheet.pen = { field: field.id, option: option.id, polarity };
    if (byKey)
      sheet.selection ||= sheet.lastPlace
        ? { pivot: sheet.lastPlace.head, head: sheet.lastPlace.head }
        : firstWord(sheet.reading);
    sheet.marking = sheet.reading.words.length > 0;
  }
  sheet.redraw();
}

/** Put the marker away. */
export function dropPen(sheet) {
  Object.assign(sheet, { pen: null, marking: false, selection: null });
  sheet.redraw();
}

/** Mark the selected words with the marker in hand; false when there is nothing to do. */
export function applyPen(sheet) {
  if (!sheet.pen || !sheet.selection) return false;
  const field = sheet.fields.find((each) => each.id === sheet.pen.field);
  stroke(sheet, field, sheet.pen.option, sheet.pen.polarity);
  return true;
}

function stroke(sheet, field, label, polarity) {
  const { start, end } = rangeOf(sheet.selection);
  const span = snapped(sheet.reading, start, end);
  const last = sheet.selection;
  Object.assign(sheet, { pen: null, marking: false, selection: null });
  if (!span) return sheet.redraw();
  const made = { label, ...(polarity && { polarity }), ...span, quote: cut(sheet.reading, span.start, span.end) };
  sheet.lastMark = { field: field.id, ...made };
  sheet.lastPlace = last;
  answer(sheet, mark(sheet.labels, field, made));
}

/** Give the marker in hand, or else the last mark made, a polarity. */
export function polarise(sheet, field, polarity) {
  if (sheet.pen) {
    sheet.pen = { ...sheet.pen, polarity };
    return sheet.redraw();
  }
  const last = (sheet.labels[field.id] || []).find(
    (each) => each.label === sheet.lastMark?.label && each.start === sheet.lastMark.start,
  );
  if (last) answer(sheet, mark(sheet.labels, field, { ...last, polarity }));
}

/** Give a mark the next polarity. */
export const turn = (sheet, field, span) =>
  answer(sheet, mark(sheet.labels, field, { ...span, polarity: nextPolarity(field, span.polarity) }));

/** Take a mark away. */
export const erase = (sheet, field, span) => answer(sheet, unmark(sheet.labels, field, span));

/** Take away the marks that the selection touches: those of the marker in hand, or all. */
export function eraseSelected(sheet) {
  if (!sheet.selection) return;
  const { start, end } = rangeOf(sheet.selection);
  let labels = sheet.labels;
  for (const field of sheet.fields.filter(
    (each) => each.kind === "spans" && (!sheet.pen || each.id === sheet.pen.field),
  )) {
    for (const span of labels[field.id] || []) {
      const ours = !sheet.pen || span.label === sheet.pen.option;
      if (ours && span.start < end && start < span.end) labels = unmark(labels, field, span);
    }
  }
  answer(sheet, labels);
}

/** Select words by pointer; with the marker in hand they are marked at once when the pointer lets go. */
export function select(sheet, start, end, done) {
  const selection = covering(sheet.reading, Math.min(start, end), Math.max(start, end));
  sheet.selection = selection && { ...selection, pending: true };
  if (done && sheet.pen && sheet.selection) return applyPen(sheet);
  sheet.redraw();
}

/** Say that the text can't be judged, or take that back. */
export function toggleUnjudgeable(sheet) {
  sheet.edit({ outcome: sheet.outcome === "unjudgeable" ? "labelled" : "unjudgeable" });
}
