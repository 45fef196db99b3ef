// The whole page out of its parts.

import { bar } from "./bar.js";
import { everybodysText, sides } from "./dispute.js";
import { h } from "./dom.js";
import { markdown } from "./markdown.js";
import { PANELS } from "./panels.js";
import { origin, passage, sources } from "./passage.js";
import { help, questions } from "./questions.js";
import { moment, t } from "./speech.js";
import { line } from "./summary.js";
import { header } from "./top.js";

/** The page of a sheet as children of its root. */
export function page(sheet) {
  const { data, view } = sheet;
  return [
    header(sheet),
    data.list && !view
      ? list(sheet)
      : h(
          "div",
          { class: `body${sheet.guideOpen ? " guided" : ""}`, key: "body" },
          guide(sheet),
          view ? card(sheet) : empty(sheet),
        ),
    bar(sheet),
    sheet.panel ? PANELS[sheet.panel.kind].view(sheet) : null,
    h("p", { class: "sr", "aria-live": "polite", key: "live" }, spoken(sheet)),
  ];
}

function spoken(sheet) {
  const saved = sheet.data.previous ? `${t("저장됨 #{number}", sheet.data.previous)}.` : "";
  if (sheet.selection && sheet.marking) {
    const chosen = sheet.reading.clusters.filter(
      (each) =>
        each.start >= Math.min(sheet.selection.pivot.start, sheet.selection.head.start) &&
        each.end <= Math.max(sheet.selection.pivot.end, sheet.selection.head.end),
    );
    return chosen.map((each) => each.text).join("");
  }
  return sheet.view
    ? `${saved} ${t({ label: "다음 글입니다.", revise: "저장한 답을 고칩니다.", dispute: "조정할 글입니다." }[sheet.view.mode])}`
    : saved;
}

function guide(sheet) {
  if (!sheet.guideOpen || !sheet.data.guide) return null;
  if (sheet.guideText !== sheet.data.guide)
    Object.assign(sheet, { guideText: sheet.data.guide, guideParts: markdown(sheet.data.guide) });
  return h(
    "aside",
    { class: "guide", key: "guide", "aria-label": t("지침") },
    h(
      "header",
      {},
      h("h2", {}, t("지침")),
      h(
        "button",
        { type: "button", class: "drop", "aria-label": t("지침 접기"), on: { click: () => sheet.toggleGuide() } },
        "✕",
      ),
    ),
    h("div", { class: "prose", tabindex: 0, lang: "ko" }, sheet.guideParts),
  );
}

function card(sheet) {
  const { view } = sheet;
  const choosing = view.mode === "dispute" && !sheet.third;
  return h(
    "div",
    { class: "card", key: `card-${view.id}`, inert: Boolean(sheet.busy), "aria-busy": String(Boolean(sheet.busy)) },
    h(
      "section",
      { class: "passage", "aria-label": t("과제"), key: "passage" },
      h("div", { class: "read" }, origin(sheet), choosing ? everybodysText(sheet) : passage(sheet)),
      choosing ? null : help(sheet),
    ),
    sources(sheet),
    choosing ? sides(sheet) : questions(sheet),
  );
}

function empty(sheet) {
  return h(
    "div",
    { class: "card empty", key: "empty" },
    h(
      "p",
      {},
      sheet.data.disputes
        ? t("조정할 것이 없습니다. 답이 서로 다른 과제가 생기면 여기에 나옵니다.")
        : t("지금은 할 것이 없습니다. 모두 끝냈거나, 남은 것은 다른 사람이 맡고 있습니다."),
    ),
  );
}

function list(sheet) {
  const { list: answers, scheme } = sheet.data;
  if (!answers.length) return h("div", { class: "card empty", key: "empty" }, h("p", {}, t("아직 낸 답이 없습니다.")));
  return h(
    "ol",
    { class: "answers", key: "answers" },
    answers.map((each) =>
      h(
        "li",
        { key: each.id },
        h(
          "button",
          { type: "button", class: "answer", on: { click: () => sheet.begin("open", { task_id: each.task_id }) } },
          h("span", { class: "excerpt", lang: "ko" }, each.text),
          h("span", { class: "line" }, line(scheme, each.labels, each.outcome)),
          h("span", { class: "soft" }, moment(each.saved_at), " · ", h("u", {}, t("고치기"))),
        ),
      ),
    ),
  );
}
