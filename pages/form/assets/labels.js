// Labels and the ways to change them: pure functions from labels to new labels. Values look as in annotations/types.py.

/** The option of a field by its id. */
export const optionOf = (field, id) => field.options.find((option) => option.id === id) || null;

const put = (labels, field, value) => {
  const next = { ...labels };
  const empty = value === "" || value === null || (Array.isArray(value) && value.length === 0);
  if (empty) delete next[field.id];
  else next[field.id] = value;
  return next;
};

// The steps of a scale as numbers.
const stepsOf = (field) => field.options.map((option) => Number(option.id));

/** Choose one option of a single or scale field; the chosen one again takes it back. */
export function choose(labels, field, id) {
  const value = field.kind === "scale" ? Number(id) : id;
  return put(labels, field, labels[field.id] === value ? null : value);
}

const TIE = "tie";

/** Which of two answers is better: `first`, `second` or `tie` by place; stored by id, with the order that was shown. */
export function prefer(labels, field, place, shown) {
  const chosen = { first: shown[0], second: shown[1], [TIE]: TIE }[place];
  return put(labels, field, labels[field.id]?.chosen === chosen ? null : { chosen, shown });
}

/** Where the preferred answer stands in `shown`: `first`, `second`, `tie`, or "" for none. */
export function preferred(value, shown) {
  if (!value) return "";
  return value.chosen === TIE ? TIE : ["first", "second"][shown.indexOf(value.chosen)] || "";
}

/** Whether an option of a field is chosen now. */
export function isChosen(labels, field, id, shown) {
  if (field.kind === "multi") return strengthOf(labels, field, id) > 0;
  if (field.kind === "preference") return preferred(labels[field.id], shown) === id;
  return String(labels[field.id] ?? "") === id;
}

/** One step along a scale; the first press lands in the middle. */
export function move(labels, field, step) {
  const steps = stepsOf(field);
  const at = steps.indexOf(labels[field.id]);
  const to = at < 0 ? Math.floor(steps.length / 2) : Math.min(steps.length - 1, Math.max(0, at + step));
  return put(labels, field, steps[to]);
}

/** Strength of a chosen option of a multi field, 0 where it isn't chosen, 1 where the field has no strengths. */
export function strengthOf(labels, field, id) {
  const found = (labels[field.id] || []).find((each) => each.label === id);
  return found ? (found.strength ?? 1) : 0;
}

/** Choose an option of a multi field; again raises its strength, past the highest takes it back. */
export function raise(labels, field, id) {
  const [low, high] = field.strength || [1, 1];
  const now = strengthOf(labels, field, id);
  const next = now === 0 ? low : now >= high ? 0 : now + 1;
  return weigh(labels, field, id, next);
}

/** Give an option of a multi field that strength; 0 takes it back. An option that stands alone excludes the others. */
export function weigh(labels, field, id, strength) {
  const alone = (each) => Boolean(optionOf(field, each)?.alone);
  let chosen = (labels[field.id] || []).filter((each) => each.label !== id);
  if (strength > 0) {
    chosen = alone(id) ? [] : chosen.filter((each) => !alone(each.label));
    chosen.push(field.strength ? { label: id, strength } : { label: id });
  }
  const place = (each) => field.options.findIndex((option) => option.id === each.label);
  return put(
    labels,
    field,
    chosen.sort((a, b) => place(a) - place(b)),
  );
}

/** Write a text field. */
export const write = (labels, field, text) => put(labels, field, text);

const sameSpan = (a, b) => a.label === b.label && a.start === b.start && a.end === b.end;
const overlaps = (a, b) => a.label === b.label && a.start < b.end && b.start < a.end;
const byPlace = (a, b) => a.start - b.start || a.end - b.end || (a.label < b.label ? -1 : 1);

/** Mark a span. Spans of one label never overlap, so it takes the place of those that it touches. */
export function mark(labels, field, span) {
  const others = (labels[field.id] || []).filter((each) => !overlaps(each, span));
  return put(labels, field, [...others, span].sort(byPlace));
}

/** Take a mark away. */
export function unmark(labels, field, span) {
  return put(
    labels,
    field,
    (labels[field.id] || []).filter((each) => !sameSpan(each, span)),
  );
}

/** The polarity after this one, round and round. */
export function nextPolarity(field, id) {
  const at = field.polarities.findIndex((each) => each.id === id);
  return field.polarities[(at + 1) % field.polarities.length]?.id;
}

/** The polarity to begin with: what the single field says, where it has an option of that name; else the first. */
export function firstPolarity(fields, labels, field) {
  if (!field.polarities.length) return undefined;
  const said = fields.filter((each) => each.kind === "single").map((each) => labels[each.id]);
  return (field.polarities.find((each) => said.includes(each.id)) || field.polarities[0]).id;
}

/** The first field that must be answered and isn't. */
export const missing = (fields, labels) =>
  fields.find((field) => !field.optional && labels[field.id] === undefined) || null;

const sorted = (value) => {
  if (Array.isArray(value)) return value.map(sorted);
  if (value && typeof value === "object")
    return Object.fromEntries(
      Object.keys(value)
        .sort()
        .map((key) => [key, sorted(value[key])]),
    );
  return value;
};

/** Whether two labels, or two values of one field, are the same. */
export const same = (a, b) => JSON.stringify(sorted(a ?? null)) === JSON.stringify(sorted(b ?? null));
