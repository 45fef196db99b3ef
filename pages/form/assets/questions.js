// The questions of a scheme: one row of large buttons each. A kind of field is one function here.

import { keycap, stay } from "./button.js";
import { pick, setStrength, type } from "./editing.js";
import { h } from "./dom.js";
import { isChosen, optionOf, strengthOf } from "./labels.js";
import { polarities, spans } from "./marks.js";
import { plain } from "./passage.js";
import { name, otherName, t } from "./speech.js";

/** All questions of the task. */
export function questions(sheet) {
  const off = sheet.outcome === "unjudgeable";
  return h(
    "div",
    { class: `questions${off ? " off" : ""}`, key: "questions" },
    sheet.fields.map((field) => question(sheet, field)),
  );
}

/**
 * One line under the text with a place of its own, so that nothing below it moves: how to use the marker in hand, else the
 * hint of the question at hand or the anchor of what was chosen there.
 */
export function help(sheet) {
  const field = sheet.fields.find((each) => each.id === (sheet.pen?.field || sheet.active));
  if (sheet.pen)
    return h(
      "div",
      { class: "help", key: "help" },
      polarities(sheet, field),
      h("p", { class: "wide-only" }, t("← → 낱말 · Shift+← → 늘리기 · , . 한 글자 · Enter 표시 · Esc 그만")),
      h("p", { class: "touch-only" }, t("본문에서 낱말을 누르거나 손가락으로 끌어 표시하세요.")),
    );
  const anchor = field?.kind === "scale" && optionOf(field, String(sheet.labels[field.id] ?? ""))?.anchor;
  const said =
    sheet.outcome === "unjudgeable"
      ? t("판단할 수 없다고 저장합니다. 고른 것은 빼고 메모만 남깁니다.")
      : anchor
        ? name(anchor)
        : field?.hint
          ? name(field.hint)
          : "";
  const other = anchor || field?.hint;
  return h(
    "div",
    { class: "help", key: "help" },
    h(
      "p",
      { title: other ? otherName(other) : null, "data-of": field?.id },
      said ? h("b", {}, name(field.title)) : null,
      said,
    ),
  );
}

function question(sheet, field) {
  const lacking = sheet.lacking === field.id;
  const id = `q-${field.id}`;
  const classes = ["question", field.kind, sheet.active === field.id && "active", lacking && "lacking"]
    .filter(Boolean)
    .join(" ");
  return h(
    "section",
    { class: classes, key: field.id, "data-field": field.id, "aria-labelledby": id },
    h(
      "h3",
      { id, title: otherName(field.title) },
      name(field.title),
      field.optional ? h("small", {}, t("선택")) : null,
      lacking ? h("small", { class: "must" }, t("골라 주세요")) : null,
    ),
    h("div", { class: "choices" }, KINDS[field.kind](sheet, field, id)),
  );
}

const KINDS = { single: radios, scale: radios, multi, spans, text, preference };

function radios(sheet, field, labelledby) {
  const { shown } = sheet.view.task;
  const any = field.options.some((option) => isChosen(sheet.labels, field, option.id, shown));
  return h(
    "div",
    { role: "radiogroup", "aria-labelledby": labelledby, "aria-required": String(!field.optional), class: "row" },
    field.options.map((option, number) => {
      const chosen = isChosen(sheet.labels, field, option.id, shown);
      return h(
        "button",
        {
          type: "button",
          role: "radio",
          "data-answer": option.id,
          "aria-checked": String(chosen),
          tabindex: chosen || (!any && number === 0) ? 0 : -1,
          class: "choice",
          title: option.anchor ? name(option.anchor) : otherName(option),
          on: {
            mousedown: stay,
            click: () => pick(sheet, field, option),
            keydown: (event) => roving(event, sheet, field),
          },
        },
        keycap(option, number),
        h("span", {}, name(option)),
        h("i", { class: "check", "aria-hidden": "true" }, chosen ? "✓" : ""),
      );
    }),
  );
}

// Inside a group that has the focus, arrows go from radio to radio.
function roving(event, sheet, field) {
  const by = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
  if (!by) return;
  event.preventDefault();
  const buttons = [...event.currentTarget.parentElement.querySelectorAll("[role=radio]")];
  const to = (buttons.indexOf(event.currentTarget) + by + buttons.length) % buttons.length;
  if (!isChosen(sheet.labels, field, field.options[to].id, sheet.view.task.shown))
    pick(sheet, field, field.options[to]);
  buttons[to].focus();
}

function multi(sheet, field) {
  return h(
    "div",
    { class: "chips" },
    field.options.map((option, number) => {
      const strength = strengthOf(sheet.labels, field, option.id);
      const said = strength && field.strength ? `, ${t("세기 {strength}", { strength })}` : "";
      return h(
        "div",
        { class: `chip${strength ? " on" : ""}`, key: option.id },
        h(
          "button",
          {
            type: "button",
            class: "choice",
            "data-answer": option.id,
            "aria-pressed": String(strength > 0),
            "aria-label": `${name(option)}${said}`,
            title: otherName(option),
            on: { mousedown: stay, click: () => pick(sheet, field, option) },
          },
          keycap(option, number),
          h("span", {}, name(option)),
          field.strength && !option.alone
            ? h("i", { class: "pips", "data-strength": strength, "aria-hidden": "true" }, pips(field, strength))
            : h("i", { class: "check", "aria-hidden": "true" }, strength ? "✓" : ""),
        ),
        strength
          ? h(
              "button",
              {
                type: "button",
                class: "drop",
                key: "drop",
                "aria-label": t("{label} 빼기", { label: name(option) }),
                on: { mousedown: stay, click: () => setStrength(sheet, field, option, 0) },
              },
              "✕",
            )
          : null,
      );
    }),
  );
}

// Strength as blocks one over the other, filled from below.
function pips(field, strength) {
  const [low, high] = field.strength;
  return Array.from({ length: high - low + 1 }, (_, number) =>
    h("b", { class: high - number <= strength ? "full" : null }),
  );
}

function text(sheet, field, labelledby) {
  const value = sheet.labels[field.id] || "";
  const length = [...value].length;
  return [
    h("textarea", {
      value,
      rows: field.max_length > 1500 ? 3 : 1,
      "aria-labelledby": labelledby,
      lang: "ko",
      "data-text": field.id,
      on: {
        compositionstart: (event) => (event.target.composing = true),
        compositionend: (event) => {
          event.target.composing = false;
          type(sheet, field, event.target.value);
        },
        input: (event) => type(sheet, field, event.target.value),
        focus: () => (sheet.active = field.id),
      },
    }),
    field.max_length && length > field.max_length * 0.8
      ? h("p", { class: "hint", key: "count" }, `${length} / ${field.max_length}`)
      : null,
  ];
}

function preference(sheet, field, labelledby) {
  return [
    h(
      "div",
      { class: "pair", key: "pair" },
      sheet.view.task.context.alternatives.map((each, number) =>
        h(
          "article",
          { "aria-label": name(field.options[number]) },
          h("h4", {}, name(field.options[number])),
          h("p", { lang: "ko" }, plain(each)),
        ),
      ),
    ),
    radios(sheet, field, labelledby),
  ];
}
