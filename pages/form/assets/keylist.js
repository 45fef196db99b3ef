// The list of keys.

import { h } from "./dom.js";
import { frame } from "./frame.js";
import { cap } from "./keys.js";
import { name, t } from "./speech.js";

/** The panel. */
export function keysView(sheet) {
  const row = (key, what) =>
    h(
      "tr",
      {},
      h(
        "td",
        {},
        key.split(" ").map((each) => h("kbd", {}, each)),
      ),
      h("td", {}, what),
    );
  const { commands, cap: capOf } = sheet.keys;
  const fields = sheet.fields.map((field) => {
    const keyed = field.options.filter((option) => option.key);
    return keyed.length
      ? h(
          "section",
          {},
          h("h3", {}, name(field.title)),
          h(
            "table",
            {},
            h(
              "tbody",
              {},
              [...keyed, ...field.polarities.filter((each) => each.key)].map((option) =>
                row(option.key, `${option.sign} ${name(option)}`.trim()),
              ),
            ),
          ),
        )
      : null;
  });
  const note = [...commands].find(([, command]) => command === "note");
  const general = [
    ["Enter", "저장하고 다음"],
    ["Ctrl+Z", "방금 것 되돌리기, 없으면 마지막으로 저장한 답 고치기"],
    ["S", "건너뛰기"],
    ["0", "판단 불가"],
    ["F", "표시(이상한 글)"],
    ["/", "초성으로 라벨 찾기 (ㅉㅈ → 짜증)"],
    ["↑ ↓", "질문 옮기기"],
    ["← →", "척도 움직이기"],
    [capOf("keep"), "모델 제안 보고 그대로 둠"],
    [capOf("mend"), "모델 제안 보고 고침"],
    [capOf("guide"), "지침 접기·펴기"],
    ...(note ? [[cap(note[0]), "메모 쓰기"]] : []),
    ["Ctrl+Enter", "글을 쓰다가 저장"],
    ["Esc", "닫기·그만두기"],
    ["?", "이 목록"],
  ];
  const marker = [
    ["← →", "낱말 옮기기"],
    ["Shift+← Shift+→", "늘리고 줄이기"],
    [", .", "끝을 한 글자씩"],
    ["Shift+, Shift+.", "앞을 한 글자씩"],
    ["Enter Space", "표시하기"],
    ["Backspace", "고른 곳의 표시 지우기"],
  ];
  const body = h(
    "div",
    { class: "key-lists" },
    h(
      "section",
      {},
      h("h3", {}, t("어디서나")),
      h(
        "table",
        {},
        h(
          "tbody",
          {},
          general.map(([key, what]) => row(key, t(what))),
        ),
      ),
    ),
    sheet.fields.some((field) => field.kind === "spans")
      ? h(
          "section",
          {},
          h("h3", {}, t("표시할 때")),
          h(
            "table",
            {},
            h(
              "tbody",
              {},
              marker.map(([key, what]) => row(key, t(what))),
            ),
          ),
        )
      : null,
    fields,
  );
  return frame(
    sheet,
    t("단축키"),
    body,
    h("p", { class: "hint" }, t("한글 자판이 켜져 있어도 같은 자리의 키로 됩니다.")),
  );
}
