// The whole page out of its parts.

import { compare } from "./compare.js";
import { everybodysText, sides } from "./dispute.js";
import { h } from "./dom.js";
import { toggleUnjudgeable } from "./editing.js";
import { markdown } from "./markdown.js";
import { open, PANELS } from "./panels.js";
import { origin, passage, sources } from "./passage.js";
import { receipt, strip } from "./previous.js";
import { help, questions } from "./questions.js";
import { moment, name, number, otherName, t } from "./speech.js";
import { line } from "./summary.js";

const LOST = "연결이 끊겼습니다. 쓰던 답은 이 브라우저에 보관했습니다. 다시 이어지면 저절로 보냅니다.";
const UNKEPT = "이 브라우저는 아무것도 보관하지 못합니다(시크릿 창이거나 저장 공간이 찼습니다). 연결이 끊기면 쓰던 답을 잃을 수 있습니다.";

/** The page of a sheet as children of its root. */
export function page(sheet) {
  const { data, view } = sheet;
  return [
    header(sheet),
    h("div", { class: "notes", key: "notes" }, notes(sheet)),
    data.list && !view ? list(sheet) : h("div", { class: `body${sheet.guideOpen ? " guided" : ""}`, key: "body" }, guide(sheet), view ? card(sheet) : empty(sheet)),
    view ? bar(sheet) : null,
    !view ? h("div", { class: "bar", key: "strip-only" }, strip(sheet)) : null,
    sheet.panel ? (sheet.panel.kind === "compare" ? compare(sheet) : PANELS[sheet.panel.kind].view(sheet)) : null,
    h("p", { class: "sr", "aria-live": "polite", key: "live" }, spoken(sheet)),
  ];
}

function spoken(sheet) {
  const saved = sheet.data.previous ? `${t("저장됨 #{number}", sheet.data.previous)}.` : "";
  if (sheet.selection && sheet.marking) {
    const chosen = sheet.reading.clusters.filter((each) => each.start >= Math.min(sheet.selection.pivot.start, sheet.selection.head.start) && each.end <= Math.max(sheet.selection.pivot.end, sheet.selection.head.end));
    return chosen.map((each) => each.text).join("");
  }
  return sheet.view ? `${saved} ${t({ label: "다음 글입니다.", revise: "저장한 답을 고칩니다.", dispute: "조정할 글입니다." }[sheet.view.mode])}` : saved;
}

function header(sheet) {
  const { data } = sheet;
  const progress = data.progress && [
    figure(t("오늘"), data.progress.left_today === null ? String(data.progress.today) : `${data.progress.today} / ${data.progress.today + data.progress.left_today}`, data.progress.left_today === null ? null : data.progress.today / Math.max(1, data.progress.today + data.progress.left_today)),
    figure(t("내 답"), number(data.progress.mine), null),
    figure(t("팀"), `${number(data.progress.done)} / ${number(data.progress.total)}`, data.progress.done / Math.max(1, data.progress.total)),
    figure(t("남은 것"), number(Math.max(0, data.progress.total - data.progress.done)), null),
  ];
  return h(
    "header", { class: "top", key: "top" },
    h("h1", { title: otherName(data.scheme.title), class: data.schemes.length > 1 ? "sr" : null }, name(data.scheme.title)),
    data.schemes.length > 1 ? switcher(sheet) : null,
    h("dl", { class: "progress" }, data.disputes ? disputes(data.disputes) : progress),
    receipt(sheet),
    sheet.view ? h("button", { type: "button", class: "plain small", key: "keys", "aria-label": t("단축키 보기"), on: { click: () => open(sheet, { kind: "keys" }) } }, t("단축키"), h("kbd", {}, "?")) : null,
  );
}

function switcher(sheet) {
  return h("div", { class: "switcher", role: "group", "aria-label": t("할 일 고르기"), key: "switcher" }, sheet.data.schemes.map((each) => {
    const here = each.id === sheet.data.scheme.id;
    return h("button", { type: "button", "aria-pressed": String(here), title: otherName(each), on: { click: () => here || sheet.go(each.id) } }, name(each));
  }));
}

function disputes({ settled, waiting, more }) {
  return [figure(t("이번에 정한 것"), number(settled), null), figure(t("기다리는 것"), more ? t("{waiting}건 넘음", { waiting }) : number(waiting), null)];
}

function figure(title, value, part) {
  return h("div", { class: "figure" }, h("dt", {}, title), h("dd", {}, value, part === null ? null : h("span", { class: "meter", "aria-hidden": "true" }, h("i", { style: `inline-size:${Math.round(part * 100)}%` }))));
}

function notes(sheet) {
  const { note, post, held, view } = sheet;
  return [
    post.lost ? h("p", { class: "note bad", role: "alert", key: "lost" }, t(LOST)) : null,
    sheet.shelf.works ? null : h("p", { class: "note bad", role: "alert", key: "unkept" }, t(UNKEPT)),
    held ? h("div", { class: "note bad", role: "alert", key: "held" }, h("p", {}, t("이 과제의 자리가 다른 사람에게 넘어갔을 수 있습니다. 쓰던 답은 그대로 있고, 자리가 없으면 여벌로 보관합니다.")),
      h("button", { type: "button", class: "plain small", on: { click: () => sheet.letGo() } }, t("버리고 다음 과제로"))) : null,
    view?.mode === "revise" ? h("div", { class: "note info", key: "revise" }, h("p", {}, t("먼저 낸 답을 고치는 중입니다. 먼저 것도 그대로 남습니다.")),
      h("button", { type: "button", class: "plain small", on: { click: () => sheet.begin("cancel", {}) } }, t("고치지 않고 돌아가기"), h("kbd", {}, "Esc"))) : null,
    note?.kind === "out" ? h("div", { class: "note bad", role: "alert", key: "out" }, h("p", {}, note.text), h("a", { class: "plain small", href: `/signin?next=${encodeURIComponent(location.pathname)}` }, t("다시 로그인"))) : null,
    note && note.kind !== "out" ? h("div", { class: `note ${note.kind}`, role: note.kind === "bad" ? "alert" : "status", key: "note" }, h("p", {}, note.text),
      h("button", { type: "button", class: "drop", "aria-label": t("알림 닫기"), on: { click: () => { sheet.note = null; sheet.redraw(); } } }, "✕")) : null,
  ];
}

function guide(sheet) {
  if (!sheet.data.guide) return null;
  const fold = h("button", { type: "button", class: "fold", "aria-expanded": String(sheet.guideOpen), "aria-controls": "guide", on: { click: () => sheet.toggleGuide() } }, sheet.guideOpen ? t("지침 접기") : t("지침 펴기"), h("kbd", {}, sheet.keys.cap("guide") || "\\"));
  if (sheet.guideText !== sheet.data.guide) Object.assign(sheet, { guideText: sheet.data.guide, guideParts: markdown(sheet.data.guide) });
  return h("aside", { class: "guide", key: "guide", "aria-label": t("지침") }, fold, sheet.guideOpen ? h("div", { id: "guide", class: "prose", tabindex: 0, key: "prose", lang: "ko" }, sheet.guideParts) : null);
}

function card(sheet) {
  const { view } = sheet;
  const choosing = view.mode === "dispute" && !sheet.third;
  return h(
    "div", { class: "card", key: `card-${view.id}`, inert: Boolean(sheet.busy), "aria-busy": String(Boolean(sheet.busy)) },
    h("section", { class: "passage", "aria-label": t("과제"), key: "passage" }, h("div", { class: "read" }, origin(sheet), choosing ? everybodysText(sheet) : passage(sheet)), choosing ? null : help(sheet)),
    sources(sheet),
    choosing ? sides(sheet) : questions(sheet),
  );
}

function empty(sheet) {
  return h("div", { class: "card empty", key: "empty" }, h("p", {}, sheet.data.disputes ? t("조정할 것이 없습니다. 답이 서로 다른 과제가 생기면 여기에 나옵니다.") : t("지금은 할 것이 없습니다. 모두 끝냈거나, 남은 것은 다른 사람이 맡고 있습니다.")));
}

function bar(sheet) {
  const { view } = sheet;
  const choosing = view.mode === "dispute" && !sheet.third;
  const unjudgeable = sheet.outcome === "unjudgeable";
  const acts = [
    view.mode === "label" ? act("S", t("건너뛰기"), () => open(sheet, { kind: "skip", reason: -1, text: "" })) : null,
    act("0", t("판단 불가"), () => toggleUnjudgeable(sheet), unjudgeable),
    act("F", sheet.flag ? t("표시함") : t("표시"), () => (sheet.flag ? sheet.edit({ flag: "" }) : open(sheet, { kind: "flag", text: "" })), Boolean(sheet.flag)),
    h("button", { type: "button", class: "primary save", key: "save", disabled: Boolean(sheet.busy), on: { mousedown: (event) => event.preventDefault(), click: () => sheet.save(view.mode === "dispute" ? { chosen: null } : {}) } },
      h("span", {}, sheet.busy === "save" || sheet.busy === "settle" ? t("저장 중…") : view.mode === "label" ? t("저장하고 다음") : t("저장")), h("kbd", {}, "Enter")),
  ];
  return h("footer", { class: "bar", key: "bar" }, strip(sheet), choosing ? null : h("div", { class: "acts", key: "acts" }, acts));
}

function act(key, what, action, on) {
  return h("button", { type: "button", class: "plain", key, "aria-pressed": on === undefined ? null : String(on), on: { mousedown: (event) => event.preventDefault(), click: action } }, h("kbd", {}, key), h("span", {}, what));
}

function list(sheet) {
  const { list: answers, scheme } = sheet.data;
  if (!answers.length) return h("div", { class: "card empty", key: "empty" }, h("p", {}, t("아직 낸 답이 없습니다.")));
  return h("ol", { class: "answers", key: "answers" }, answers.map((each) =>
    h("li", { key: each.id }, h("button", { type: "button", class: "answer", on: { click: () => sheet.begin("open", { task_id: each.task_id }) } },
      h("span", { class: "excerpt", lang: "ko" }, each.text), h("span", { class: "line" }, line(scheme, each.labels, each.outcome)), h("span", { class: "soft" }, moment(each.saved_at), " · ", h("u", {}, t("고치기")))))));
}
