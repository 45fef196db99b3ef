// What opens over the page: the list of keys, the search over labels, the reason of a skip, a flag. Each panel is
// `{view(sheet), press(key, sheet, target)}`; `press` says whether the key was its own.

import { h } from "./dom.js";
import { pick } from "./editing.js";
import { cap, digit } from "./keys.js";
import { search } from "./search.js";
import { name, t } from "./speech.js";

const REASONS = ["잘 몰라서 판단하기 어려움", "음식점 이야기가 아님", "개인 정보가 들어 있음", "아는 가게라 공정하지 않음", "그 밖의 이유"];

/** Open a panel over the page. */
export function open(sheet, panel) {
  sheet.panel = panel;
  sheet.redraw();
}

function close(sheet) {
  sheet.panel = null;
  sheet.redraw();
}

/** The frame of a panel. */
export function frame(sheet, title, body, foot) {
  return h(
    "div", { class: "veil", key: `panel-${sheet.panel.kind}`, on: { mousedown: (event) => event.target === event.currentTarget && sheet.panel.kind !== "compare" && close(sheet) } },
    h("div", { class: `panel ${sheet.panel.kind}`, role: "dialog", "aria-modal": "true", "aria-label": title, tabindex: -1, autofocus: sheet.panel.kind === "keys" },
      h("header", {}, h("h2", {}, title), sheet.panel.kind === "compare" ? null : h("button", { type: "button", class: "drop", "aria-label": t("닫기"), on: { click: () => close(sheet) } }, "✕")),
      h("div", { class: "inside" }, body), foot ? h("footer", {}, foot) : null),
  );
}

// The list of keys

function keysView(sheet) {
  const row = (key, what) => h("tr", {}, h("td", {}, key.split(" ").map((each) => h("kbd", {}, each))), h("td", {}, what));
  const { commands, cap: capOf } = sheet.keys;
  const fields = sheet.fields.map((field) => {
    const keyed = field.options.filter((option) => option.key);
    return keyed.length ? h("section", {}, h("h3", {}, name(field.title)), h("table", {}, h("tbody", {}, [...keyed, ...field.polarities.filter((each) => each.key)].map((option) => row(option.key, `${option.sign} ${name(option)}`.trim()))))) : null;
  });
  const note = [...commands].find(([, command]) => command === "note");
  const general = [
    ["Enter", "저장하고 다음"], ["Ctrl+Z", "방금 것 되돌리기, 없으면 마지막으로 저장한 답 고치기"], ["S", "건너뛰기"], ["0", "판단 불가"], ["F", "표시(이상한 글)"],
    ["/", "초성으로 라벨 찾기 (ㅉㅈ → 짜증)"], ["↑ ↓", "질문 옮기기"], ["← →", "척도 움직이기"], [capOf("keep"), "모델 제안 보고 그대로 둠"], [capOf("mend"), "모델 제안 보고 고침"],
    [capOf("guide"), "지침 접기·펴기"], ...(note ? [[cap(note[0]), "메모 쓰기"]] : []), ["Ctrl+Enter", "글을 쓰다가 저장"], ["Esc", "닫기·그만두기"], ["?", "이 목록"],
  ];
  const marker = [["← →", "낱말 옮기기"], ["Shift+← Shift+→", "늘리고 줄이기"], [", .", "끝을 한 글자씩"], ["Shift+, Shift+.", "앞을 한 글자씩"], ["Enter Space", "표시하기"], ["Backspace", "고른 곳의 표시 지우기"]];
  const body = h("div", { class: "key-lists" },
    h("section", {}, h("h3", {}, t("어디서나")), h("table", {}, h("tbody", {}, general.map(([key, what]) => row(key, t(what)))))),
    sheet.fields.some((field) => field.kind === "spans") ? h("section", {}, h("h3", {}, t("표시할 때")), h("table", {}, h("tbody", {}, marker.map(([key, what]) => row(key, t(what)))))) : null, fields);
  return frame(sheet, t("단축키"), body, h("p", { class: "hint" }, t("한글 자판이 켜져 있어도 같은 자리의 키로 됩니다.")));
}

// Search over all labels

function found(sheet) {
  const choices = sheet.fields.flatMap((field) => field.options.map((option) => ({ field, option })));
  return search(sheet.panel.query, choices).slice(0, 8);
}

function take(sheet, choice) {
  close(sheet);
  if (choice) pick(sheet, choice.field, choice.option, true);
}

function searchView(sheet) {
  const results = found(sheet);
  const at = Math.min(sheet.panel.at, results.length - 1);
  const input = h("input", {
    type: "text", value: sheet.panel.query, autofocus: true, role: "combobox", "aria-expanded": "true", "aria-controls": "found", "aria-label": t("라벨 찾기"),
    "aria-activedescendant": results.length ? `found-${at}` : null, placeholder: "ㅉㅈ → 짜증", autocomplete: "off", lang: "ko",
    on: { input: (event) => { Object.assign(sheet.panel, { query: event.target.value, at: 0 }); sheet.redraw(); } },
  });
  const list = h("ul", { id: "found", role: "listbox", "aria-label": t("찾은 라벨") }, results.map((choice, number) =>
    h("li", { id: `found-${number}`, role: "option", "aria-selected": String(number === at), class: number === at ? "at" : null, on: { click: () => take(sheet, choice) } },
      h("b", {}, name(choice.option)), h("span", { class: "soft" }, name(choice.field.title)), choice.option.key ? h("kbd", {}, choice.option.key) : null)));
  return frame(sheet, t("라벨 찾기"), [input, results.length ? list : h("p", { class: "hint" }, t("맞는 라벨이 없습니다. 첫소리(ㅉㅈ)나 글자(짜증)로 찾습니다."))],
    h("p", { class: "hint wide-only" }, t("↑ ↓ 고르기 · Enter 넣기 · Esc 닫기")));
}

function searchPress(key, sheet) {
  const results = found(sheet);
  const move = { ArrowDown: 1, ArrowUp: -1 }[key];
  if (move) {
    sheet.panel.at = Math.min(results.length - 1, Math.max(0, sheet.panel.at + move));
    sheet.redraw();
  } else if (key === "Enter") take(sheet, results[Math.min(sheet.panel.at, results.length - 1)]);
  else return false;
  return true;
}

// The reason of a skip

function skipView(sheet) {
  const { panel } = sheet;
  const other = panel.reason === REASONS.length - 1;
  return frame(
    sheet, t("건너뛰는 이유"),
    [
      h("div", { role: "radiogroup", "aria-label": t("이유"), class: "stack" }, REASONS.map((reason, number) =>
        h("button", { type: "button", role: "radio", "data-answer": number, "aria-checked": String(panel.reason === number), class: "choice", autofocus: number === 0, on: { click: () => { panel.reason = number; sheet.redraw(); } } },
          h("kbd", { "aria-hidden": "true" }, String(number + 1)), h("span", {}, t(reason)), h("i", { class: "check" }, panel.reason === number ? "✓" : "")))),
      other ? h("input", { key: "why", type: "text", value: panel.text, autofocus: true, maxlength: 200, "aria-label": t("이유"), placeholder: t("무엇 때문인가요?"), lang: "ko", on: { input: (event) => { panel.text = event.target.value; sheet.redraw(); } } }) : null,
      h("p", { class: "hint" }, t("이 글은 다른 사람에게 가고 다시 나오지 않습니다.")),
    ],
    [h("button", { type: "button", class: "plain", on: { click: () => close(sheet) } }, t("취소")), h("button", { type: "button", class: "primary", disabled: !reasonOf(panel), on: { click: () => skip(sheet) } }, t("건너뛰기"))],
  );
}

const reasonOf = (panel) => (panel.reason === REASONS.length - 1 ? panel.text.trim() : REASONS[panel.reason] || "");

function skip(sheet) {
  const reason = reasonOf(sheet.panel);
  if (reason) sheet.begin("skip", { token: sheet.view.token, task_id: sheet.view.task.id, reason });
}

function skipPress(key, sheet, target) {
  if (key === "Enter") {
    if (!target?.matches?.(".plain, .drop")) return skip(sheet), true;
    return false;
  }
  const number = target?.matches?.("input") ? 0 : digit(key);
  if (!number || number > REASONS.length) return false;
  sheet.panel.reason = number - 1;
  sheet.redraw();
  return true;
}

// A flag

function flagView(sheet) {
  const { panel } = sheet;
  return frame(
    sheet, t("표시하기"),
    [h("input", { type: "text", value: panel.text, autofocus: true, maxlength: 200, "aria-label": t("무엇이 이상한가요?"), placeholder: t("무엇이 이상한가요? (비워도 됩니다)"), lang: "ko", on: { input: (event) => { panel.text = event.target.value; sheet.redraw(); } } }),
      h("p", { class: "hint" }, t("답은 그대로 내고, 관리자가 이 글을 살펴봅니다."))],
    [h("button", { type: "button", class: "plain", on: { click: () => close(sheet) } }, t("취소")), h("button", { type: "button", class: "primary", on: { click: () => flag(sheet) } }, t("표시"))],
  );
}

function flag(sheet) {
  const text = sheet.panel.text.trim();
  sheet.panel = null;
  sheet.edit({ flag: text || "표시" });
}

function flagPress(key, sheet, target) {
  if (key !== "Enter" || target?.matches?.(".plain, .drop")) return false;
  flag(sheet);
  return true;
}

export const PANELS = {
  keys: { view: keysView, press: () => false },
  search: { view: searchView, press: searchPress },
  skip: { view: skipView, press: skipPress },
  flag: { view: flagView, press: flagPress },
};
