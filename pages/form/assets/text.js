// A text as people and Python count it: code points, grapheme clusters, words. Knows nothing of labels or of the page.

const CLUSTERS = new Intl.Segmenter("ko", { granularity: "grapheme" });
const BLANK = /^\s+$/u;

// What would change the direction of the text or hide in it is written out: the reader sees it, the text stays as it is.
const CONTROLS = new Map([
  ["\u202a", "LRE"],
  ["\u202b", "RLE"],
  ["\u202c", "PDF"],
  ["\u202d", "LRO"],
  ["\u202e", "RLO"],
  ["\u2066", "LRI"],
  ["\u2067", "RLI"],
  ["\u2068", "FSI"],
  ["\u2069", "PDI"],
  ["\u200e", "LRM"],
  ["\u200f", "RLM"],
  ["\u061c", "ALM"],
  ["\u200b", "ZWSP"],
  ["\u2060", "WJ"],
  ["\ufeff", "BOM"],
  ["\u00ad", "SHY"],
]);

/** How a cluster is shown: controls by their short name, everything else as it is. */
export function shown(cluster) {
  if (CONTROLS.has(cluster)) return CONTROLS.get(cluster);
  const code = cluster.codePointAt(0);
  const bare = cluster.length === 1 && (code < 32 || (code >= 127 && code < 160)) && !"\n\t\r".includes(cluster);
  return bare ? `U+${code.toString(16).toUpperCase().padStart(4, "0")}` : null;
}

/**
 * `{text, length, clusters, words}`: `length` in code points; `clusters` as `{start, end, text}` and `words` as
 * `{start, end}`, both in code points.
 */
export function read(text) {
  const clusters = [];
  let at = 0;
  for (const { segment } of CLUSTERS.segment(text)) {
    const end = at + [...segment].length;
    clusters.push({ start: at, end, text: segment });
    at = end;
  }
  return { text, length: at, clusters, words: wordsOf(clusters) };
}

function wordsOf(clusters) {
  const words = [];
  let word = null;
  for (const { start, end, text } of clusters) {
    if (BLANK.test(text)) word = null;
    else if (word) word.end = end;
    else words.push((word = { start, end }));
  }
  return words;
}

/** `text.slice` by code points. */
export function cut(reading, start, end) {
  return reading.clusters
    .filter((each) => each.end > start && each.start < end)
    .map((each) => each.text)
    .join("");
}

/** The shortest span of whole clusters that covers `start`–`end`, without white space at its ends; null when empty. */
export function snapped(reading, start, end) {
  const inside = reading.clusters.filter((each) => each.end > start && each.start < end);
  while (inside.length && BLANK.test(inside[0].text)) inside.shift();
  while (inside.length && BLANK.test(inside[inside.length - 1].text)) inside.pop();
  return inside.length ? { start: inside[0].start, end: inside[inside.length - 1].end } : null;
}

/** Index of the word at or after a place, the last one where there is none after. */
export function wordAt(reading, place) {
  const found = reading.words.findIndex((word) => word.end > place);
  return found < 0 ? reading.words.length - 1 : found;
}

/** The place one cluster before (`step` −1) or after (+1) a place. */
export function beside(reading, place, step) {
  const places = [0, ...reading.clusters.map((each) => each.end)];
  const at = places.findIndex((each) => each >= place);
  return places[Math.min(places.length - 1, Math.max(0, at + step))];
}
