// What went wrong or should be known: said at the foot of the page, where it is seen and moves nothing.

import { letGo } from "./conflict.js";
import { h } from "./dom.js";
import { t } from "./speech.js";

const LOST = "연결이 끊겼습니다. 쓰던 답은 이 브라우저에 보관했습니다. 다시 이어지면 저절로 보냅니다.";
const UNKEPT =
  "이 브라우저는 아무것도 보관하지 못합니다(시크릿 창이거나 저장 공간이 찼습니다). 연결이 끊기면 쓰던 답을 잃을 수 있습니다.";
const HELD =
  "이 과제의 자리가 다른 사람에게 넘어갔을 수 있습니다. 쓰던 답은 그대로 있고, 자리가 없으면 여벌로 보관합니다.";

/** All that is to be said now. */
export function notes(sheet) {
  const { note, post, held, view, shelf } = sheet;
  const found = [
    post.lost ? said("bad", "lost", t(LOST)) : null,
    shelf.works ? null : said("bad", "unkept", t(UNKEPT)),
    held
      ? said(
          "bad",
          "held",
          t(HELD),
          button(t("버리고 다음 과제로"), () => letGo(sheet)),
        )
      : null,
    view?.mode === "revise"
      ? said("info", "revise", t("먼저 낸 답을 고치는 중입니다. 먼저 것도 그대로 남습니다."), back(sheet))
      : null,
    note
      ? said(note.kind === "out" ? "bad" : note.kind, "note", note.text, note.kind === "out" ? signIn() : close(sheet))
      : null,
  ];
  return found.some(Boolean) ? h("div", { class: "notes", key: "notes" }, found) : null;
}

function said(kind, key, text, action = null) {
  return h("div", { class: `note ${kind}`, role: kind === "bad" ? "alert" : "status", key }, h("p", {}, text), action);
}

const button = (what, click, key = null) =>
  h(
    "button",
    { type: "button", class: "plain small", on: { click } },
    what,
    key && h("kbd", { "aria-hidden": "true" }, key),
  );

const back = (sheet) => button(t("고치지 않고 돌아가기"), () => sheet.begin("cancel", {}), "Esc");

const signIn = () =>
  h("a", { class: "plain small", href: `/signin?next=${encodeURIComponent(location.pathname)}` }, t("다시 로그인"));

function close(sheet) {
  const click = () => {
    sheet.note = null;
    sheet.redraw();
  };
  return h("button", { type: "button", class: "drop", "aria-label": t("알림 닫기"), on: { click } }, "✕");
}
