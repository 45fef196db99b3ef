// What Python replied: what arrived, what was refused and why.

import { same } from "./labels.js";
import { name, t } from "./speech.js";

const MOVES = new Set(["save", "settle", "skip", "undo", "cancel", "open"]); // lead to another view
const GONE = new Set(["lease-lost", "not-disputed"]); // the task is no longer ours

/** A message has been answered. */
export function answered(sheet, message, reply) {
  const mine = message.view === sheet.view?.id;
  if (message.kind === sheet.busy && !message.resumed) sheet.busy = "";
  if (!reply.ok) return refused(sheet, message, reply, mine);
  if (message.kind === "draft" && mine) drafted(sheet, message, reply);
  if (!MOVES.has(message.kind)) return;
  if (message.key) arrived(sheet, message, reply);
  if (mine || !message.resumed) sheet.moved = true;
}

function drafted(sheet, message, reply) {
  sheet.version = reply.version;
  if (same(message.labels, sheet.labels)) sheet.keep();
  else sheet.later();
}

function arrived(sheet, message, reply) {
  sheet.shelf.drop(`draft/${message.view}`);
  const { number, spare } = reply.receipt;
  if (spare)
    sheet.say("info", t("저장됨 #{number}. 자리가 그사이 다른 사람에게 넘어가 여벌 답으로 보관했습니다.", { number }));
  else if (message.resumed) sheet.say("good", t("보관했던 답을 보냈습니다. 저장됨 #{number}", { number }));
  else sheet.note = null;
}

function refused(sheet, message, reply, mine) {
  const { error, current } = reply;
  if (current && (mine || message.key)) return compare(sheet, message, reply, mine);
  if (error.field && mine) Object.assign(sheet, { lacking: error.field, active: error.field });
  if (!(message.kind === "renew" && error.code === "lease-lost")) complain(sheet, message, error);
  if (mine && GONE.has(error.code)) leave(sheet);
}

function complain(sheet, message, error) {
  const kept =
    message.key && error.passing ? ` ${t("쓰던 답은 이 브라우저에 보관했습니다. 잠시 뒤 다시 저장하세요.")}` : "";
  if (error.code === "signed-out")
    sheet.say(
      "out",
      t("로그인이 끝났습니다. 쓰던 답은 이 브라우저에 보관했습니다. 다시 로그인하면 그대로 이어집니다."),
    );
  else sheet.say("bad", name(error) + kept);
}

// Go on to the next task, unless that would take away what was written.
function leave(sheet) {
  if (sheet.touched && sheet.view.mode === "label") sheet.held = { lease: true };
  else sheet.begin("cancel", {});
}

function compare(sheet, message, { error, current }, mine) {
  const of = error.code === "stale-draft" ? "draft" : "answer";
  sheet.panel = { kind: "compare", of, theirs: current, mine: message.labels, message, elsewhere: !mine };
}
