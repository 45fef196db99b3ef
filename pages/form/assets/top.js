// The head of the page: how far the work is, the last receipt, the guideline, the keys.

import { h } from "./dom.js";
import { open } from "./frame.js";
import { receipt } from "./previous.js";
import { name, number, otherName, t } from "./speech.js";

/** Title, progress, receipt. */
export function header(sheet) {
  const { data } = sheet;
  return h(
    "header",
    { class: "top", key: "top" },
    h(
      "h1",
      { title: otherName(data.scheme.title), class: data.schemes.length > 1 ? "sr" : null },
      name(data.scheme.title),
    ),
    data.schemes.length > 1 ? switcher(sheet) : null,
    h("dl", { class: "progress" }, data.disputes ? disputes(data.disputes) : progress(data.progress)),
    receipt(sheet),
    sheet.view
      ? button(t("지침"), sheet.keys.cap("guide"), () => sheet.toggleGuide(), {
          key: "guide",
          "aria-expanded": String(sheet.guideOpen),
        })
      : null,
    sheet.view ? button(t("단축키"), "?", () => open(sheet, { kind: "keys" }), { key: "keys" }) : null,
  );
}

function button(what, key, click, props) {
  return h(
    "button",
    { type: "button", class: "plain small", on: { click }, ...props },
    what,
    h("kbd", { "aria-hidden": "true" }, key),
  );
}

function progress({ mine, today, done, total, left_today }) {
  const goal = left_today === null ? null : today + left_today;
  return [
    goal === null
      ? figure(t("오늘"), number(today), null)
      : figure(t("오늘"), `${number(today)} / ${number(goal)}`, today / Math.max(1, goal)),
    figure(t("내 답"), number(mine), null),
    figure(t("팀"), `${number(done)} / ${number(total)}`, done / Math.max(1, total)),
    figure(t("남은 것"), number(Math.max(0, total - done)), null),
  ];
}

function switcher(sheet) {
  return h(
    "div",
    { class: "switcher", role: "group", "aria-label": t("할 일 고르기"), key: "switcher" },
    sheet.data.schemes.map((each) => {
      const here = each.id === sheet.data.scheme.id;
      return h(
        "button",
        {
          type: "button",
          "aria-pressed": String(here),
          title: otherName(each),
          on: { click: () => here || sheet.go(each.id) },
        },
        name(each),
      );
    }),
  );
}

function disputes({ settled, waiting, more }) {
  return [
    figure(t("이번에 정한 것"), number(settled), null),
    figure(t("기다리는 것"), more ? t("{waiting}건 넘음", { waiting }) : number(waiting), null),
  ];
}

function figure(title, value, part) {
  return h(
    "div",
    { class: "figure" },
    h("dt", {}, title),
    h(
      "dd",
      {},
      value,
      part === null
        ? null
        : h(
            "span",
            { class: "meter", "aria-hidden": "true" },
            h("i", { style: `inline-size:${Math.round(part * 100)}%` }),
          ),
    ),
  );
}
