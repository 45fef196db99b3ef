// What is shown of the task before, once its answer is in: the receipt, the model's labels, the nearest precedents.

import { decide, reopen } from "./commands.js";
import { h } from "./dom.js";
import { plain } from "./passage.js";
import { name, t } from "./speech.js";
import { line, share, words } from "./summary.js";

/** The receipt and the way back. */
export function receipt(sheet) {
  const { previous } = sheet.data;
  return h(
    "div",
    { class: "receipt", key: "receipt" },
    previous ? h("span", { class: "saved", key: "saved" }, t("저장됨 #{number}", previous)) : null,
    previous?.spare ? h("span", { class: "badge", key: "spare" }, t("여벌")) : null,
    sheet.data.undo && sheet.view?.mode !== "revise"
      ? h(
          "button",
          { type: "button", key: "undo", class: "plain small", on: { click: () => reopen(sheet) } },
          t("되돌리기"),
          h("kbd", {}, "Ctrl+Z"),
        )
      : null,
  );
}

/** The strip under the page: what the model says of the task before, and precedents. */
export function strip(sheet) {
  const { previous, scheme } = sheet.data;
  if (!previous || (!previous.suggestion && !previous.precedents.length)) return null;
  return h(
    "section",
    { class: "strip", key: `strip-${previous.number}`, "aria-label": t("방금 낸 답에 대하여") },
    previous.suggestion ? suggestion(sheet, previous, scheme) : null,
    previous.precedents.length ? precedents(previous, scheme) : null,
  );
}

function suggestion(sheet, previous, scheme) {
  const { labels, scores, model } = previous.suggestion;
  const said = scheme.fields.flatMap((field) =>
    words(field, labels[field.id]).map((text, number) => {
      const score = scoreOf(scores, field, labels[field.id], number);
      return h(
        "span",
        { class: "said", title: name(field.title) },
        plain(text),
        score === undefined ? null : h("b", {}, ` ${share(score)}`),
      );
    }),
  );
  const decided = { kept: t("그대로 두었습니다"), revised: t("고쳤습니다") }[previous.decided];
  return h(
    "div",
    { class: "suggestion", key: "suggestion" },
    h("p", {}, h("span", { class: "soft", title: model }, t("방금 낸 #{number}에 대해 모델은 ", previous)), said),
    decided
      ? h("p", { class: "decided", key: "decided" }, `✓ ${decided}`)
      : h(
          "div",
          { class: "row", key: "decide" },
          h(
            "button",
            { type: "button", class: "plain small", on: { click: () => decide(sheet, true) } },
            h("kbd", {}, sheet.keys.cap("keep") || "["),
            t("그대로 둠"),
          ),
          h(
            "button",
            { type: "button", class: "plain small", on: { click: () => decide(sheet, false) } },
            h("kbd", {}, sheet.keys.cap("mend") || "]"),
            t("고침"),
          ),
        ),
  );
}

// Scores are named by field, or by field and label.
function scoreOf(scores, field, value, number) {
  const label = Array.isArray(value) ? value[number]?.label : value;
  return [`${field.id}:${label}`, `${field.id}.${label}`, String(label), field.id]
    .map((name) => scores[name])
    .find((score) => score !== undefined);
}

function precedents(previous, scheme) {
  return h(
    "details",
    { class: "precedents", key: "precedents" },
    h("summary", {}, t("비슷한 선례 {count}건", { count: previous.precedents.length })),
    h(
      "ul",
      {},
      previous.precedents.map((each) =>
        h(
          "li",
          {},
          h("p", { lang: "ko" }, plain(each.text)),
          h("p", { class: "line" }, line(scheme, each.labels, each.outcome)),
        ),
      ),
    ),
  );
}
