// The text that is labelled, with its marks, and the pointer that makes them; beside it what it comes from.

import { dropPen, select } from "./editing.js";
import { h } from "./dom.js";
import { clusterAt, rangeOf } from "./marking.js";
import { optionOf } from "./labels.js";
import { name, t } from "./speech.js";
import { read, shown } from "./text.js";

/** The text, its marks and the words selected now. */
export function passage(sheet) {
  const spans = sheet.fields
    .filter((field) => field.kind === "spans")
    .flatMap((field) => (sheet.labels[field.id] || []).map((span) => ({ ...span, field })));
  const range = sheet.selection && rangeOf(sheet.selection);
  const marks = spans.map((span) => ({
    start: span.start,
    end: span.end,
    tag: tagOf(span),
    tone: span.polarity || "plain",
    name: nameOf(span),
  }));
  const markable = sheet.fields.some((field) => field.kind === "spans");
  return h(
    "div",
    {
      class: `reading${sheet.pen ? " pen" : ""}${markable ? " markable" : ""}`,
      tabindex: markable ? 0 : null,
      role: "group",
      lang: "ko",
      "aria-label": markable ? t("본문. 속성 키를 누르고 화살표로 낱말을 골라 표시합니다.") : t("본문"),
      on: markable ? pointer(sheet) : {},
    },
    pieces(sheet.reading, marks, range),
  );
}

function tagOf({ field, label, polarity }) {
  const option = optionOf(field, label);
  const sign = field.polarities.find((each) => each.id === polarity)?.sign || "";
  return `${option?.key || (option ? name(option) : label)}${sign}`;
}

function nameOf({ field, label, polarity }) {
  const found = [optionOf(field, label), field.polarities.find((each) => each.id === polarity)];
  return found.filter(Boolean).map(name).join(" ") || label;
}

/** A reading as elements: cut at words, marks, the selection and controls. `marks` are `{start, end, tag, tone, name}`. */
export function pieces(reading, marks, range) {
  const cuts = new Set(marks.flatMap((mark) => [mark.start, mark.end]));
  for (const word of reading.words) cuts.add(word.start).add(word.end);
  if (range) cuts.add(range.start).add(range.end);
  const found = [];
  let piece = null;
  for (const cluster of reading.clusters) {
    const control = shown(cluster.text);
    if (!piece || cuts.has(cluster.start) || control || piece.control) found.push((piece = { ...cluster, control }));
    else Object.assign(piece, { end: cluster.end, text: piece.text + cluster.text });
  }
  return found.map((each) => element(each, marks, range));
}

function element(piece, marks, range) {
  const here = marks.filter((mark) => mark.start < piece.end && piece.start < mark.end);
  const begun = here.filter((mark) => mark.start === piece.start);
  const ended = here.filter((mark) => mark.end === piece.end);
  const chosen = range && range.start < piece.end && piece.start < range.end;
  const tones = [...new Set(here.map((mark) => mark.tone))];
  const classes = [
    here.length && "marked",
    tones.length > 1 ? "mixed" : tones[0],
    chosen && "chosen",
    piece.control && "control",
    begun.length && "first",
    ended.length && "last",
  ];
  const props = {
    class: classes.filter(Boolean).join(" ") || null,
    "data-start": piece.start,
    "data-end": piece.end,
    "data-control": piece.control ? "1" : null,
    title: here.map((mark) => mark.name).join(", ") || (piece.control && t("보이지 않는 제어 문자")) || null,
  };
  const tag = begun.map((mark) => mark.tag).join(" ") || null;
  return h(
    here.length ? "mark" : "span",
    { ...props, "data-tag": tag, key: `${piece.start}${here.length ? "m" : ""}` },
    piece.control || piece.text,
  );
}

/** A text that is only read: controls written out, cited spans underlined. */
export function plain(text, cited = []) {
  return pieces(
    read(text),
    cited.map((span) => ({ ...span, tag: "", tone: "cited", name: t("답변이 인용한 곳") })),
    null,
  );
}

// Drag to select: snapped to clusters; a tap selects a word. With the marker in hand what is selected is marked.
function pointer(sheet) {
  const at = (event) => clusterAt(sheet.reading, event.currentTarget, event.clientX, event.clientY);
  return {
    pointerdown: (event) => {
      if (event.button || sheet.busy) return;
      const from = at(event);
      if (!from) return;
      sheet.drag = { from, moved: false, kept: event.shiftKey && sheet.selection ? rangeOf(sheet.selection) : null };
      event.currentTarget.setPointerCapture(event.pointerId);
    },
    mousedown: (event) => event.preventDefault(),
    pointermove: (event) => {
      const to = sheet.drag && at(event);
      if (!to || (!sheet.drag.moved && to.start === sheet.drag.from.start)) return;
      sheet.drag.moved = true;
      stretch(sheet, to, false);
    },
    pointerup: (event) => {
      const { drag } = sheet;
      if (!drag) return;
      const to = at(event) || drag.from;
      if (drag.moved || drag.kept) stretch(sheet, to, true);
      else tap(sheet, to);
      sheet.drag = null;
    },
    pointercancel: () => {
      sheet.drag = null;
      dropPen(sheet);
    },
  };
}

function stretch(sheet, to, done) {
  const { from, kept } = sheet.drag;
  const ends = kept ? [kept.start, kept.end] : [from.start, from.end];
  select(sheet, Math.min(...ends, to.start), Math.max(...ends, to.end), done);
}

function tap(sheet, to) {
  const word = sheet.reading.words.find((each) => each.start <= to.start && to.start < each.end);
  const same = word && sheet.selection && !sheet.pen && rangeOf(sheet.selection).start === word.start;
  if (!word || same) return dropPen(sheet);
  select(sheet, word.start, word.end, true);
}

/** What the text comes from: question, restaurant, stars, date. */
export function origin(sheet) {
  const { question, facts, abstained } = sheet.view.task.context;
  return [
    question
      ? h(
          "div",
          { class: "asked", key: "asked" },
          h("span", { class: "soft" }, t("질문")),
          h("p", { lang: "ko" }, plain(question)),
        )
      : null,
    facts.length ? h("p", { class: "facts", key: "facts" }, facts.map(fact)) : null,
    abstained ? h("p", { class: "facts", key: "abstained" }, h("span", { class: "badge" }, t("기권한 답변"))) : null,
  ];
}

function fact(each) {
  const stars = each.kind === "rating" ? { role: "img", "aria-label": t("별점 {value}", each) } : {};
  return h("span", { class: each.kind, ...stars }, plain(each.kind === "due" ? t("마감 {text}", each) : each.text));
}

/** The passages that an answer could draw on. */
export function sources(sheet) {
  const { passages } = sheet.view.task.context;
  if (!passages.length) return null;
  return h(
    "section",
    { class: "sources", "aria-label": t("근거"), key: "sources" },
    h("h3", {}, t("근거 {count}곳", { count: passages.length })),
    passages.map((each, number) =>
      h(
        "article",
        { class: each.cited.length ? "source used" : "source" },
        h(
          "header",
          {},
          h("b", {}, `[${number + 1}]`),
          each.facts.map(fact),
          each.cited.length ? h("span", { class: "badge" }, t("답변이 인용함")) : null,
        ),
        h("p", { lang: "ko" }, plain(each.text, each.cited)),
      ),
    ),
  );
}
