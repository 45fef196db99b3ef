// Choosing words in the text: by keyboard word by word, by pointer cluster by cluster. A selection is `{pivot, head}`, two
// spans of which it covers everything between. Knows nothing of labels.

import { beside, snapped, wordAt } from "./text.js";

/** The span that a selection covers. */
export function rangeOf(selection) {
  const { pivot, head } = selection;
  return { start: Math.min(pivot.start, head.start), end: Math.max(pivot.end, head.end) };
}

const whole = (span) => ({ pivot: span, head: span });

/** The first word of the text, null where it has none. */
export const firstWord = (reading) => (reading.words.length ? whole(reading.words[0]) : null);

/** The word before or after; with `extend` the selection grows or shrinks by it. */
export function byWord(reading, selection, step, extend) {
  if (!selection) return firstWord(reading);
  const from = wordAt(reading, selection.head.start);
  const head = reading.words[Math.min(reading.words.length - 1, Math.max(0, from + step))];
  return extend ? { pivot: selection.pivot, head } : whole(head);
}

/** The first (`step` −1) or last word. */
export function toEdge(reading, selection, step, extend) {
  return byWord(reading, selection, step * reading.words.length, extend);
}

/** Move the end, or with `start` the beginning, by one cluster. */
export function byCluster(reading, selection, step, start) {
  const range = rangeOf(selection);
  const next = start
    ? { ...range, start: beside(reading, range.start, step) }
    : { ...range, end: beside(reading, range.end, step) };
  return next.start < next.end ? whole(next) : selection;
}

/** A span as a selection, snapped to clusters; null when nothing is left. */
export function covering(reading, start, end) {
  const span = snapped(reading, start, end);
  return span && whole(span);
}

/** The cluster of the text under a point, or nearest to it. `box` holds pieces with `data-start`. */
export function clusterAt(reading, box, x, y) {
  let best = null;
  for (const piece of nearest([...box.querySelectorAll("[data-start]")], x, y)) {
    for (const found of clustersIn(reading, piece)) {
      const away = distance(found.rects, x, y);
      if (!best || away < best.away) best = { away, cluster: found.cluster };
    }
  }
  return best && { start: best.cluster.start, end: best.cluster.end };
}

function nearest(pieces, x, y) {
  const measured = pieces.map((piece) => ({ piece, away: distance(piece.getClientRects(), x, y) }));
  return measured
    .sort((a, b) => a.away - b.away)
    .slice(0, 3)
    .map(({ piece }) => piece);
}

function clustersIn(reading, piece) {
  const [start, end] = [Number(piece.dataset.start), Number(piece.dataset.end)];
  const clusters = reading.clusters.filter((each) => each.start >= start && each.end <= end);
  const text = piece.lastChild;
  if (piece.dataset.control || text?.nodeType !== Node.TEXT_NODE)
    return clusters.map((cluster) => ({ cluster, rects: piece.getClientRects() }));
  let at = 0;
  return clusters.map((cluster) => {
    const range = document.createRange();
    range.setStart(text, at);
    range.setEnd(text, (at += cluster.text.length));
    return { cluster, rects: range.getClientRects() };
  });
}

function distance(rects, x, y) {
  let least = Infinity;
  for (const rect of rects) {
    const dx = Math.max(rect.left - x, 0, x - rect.right);
    const dy = Math.max(rect.top - y, 0, y - rect.bottom);
    least = Math.min(least, dx + dy * 100); // the line first, then the place in it
  }
  return least;
}
