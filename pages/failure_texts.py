"""What the tools of the failure page and the regression page say, in Korean and English."""

from __future__ import annotations

from pages.words import Lang

_TEXTS: dict[str, tuple[str, str]] = {
    # notes and tags
    "tools": ("이 질문에 할 일", "What to do with this question"),
    "tags": ("꼬리표", "Tags"),
    "tags_placeholder": ("고르거나 새로 적고 Enter", "Choose, or type a new one and press Enter"),
    "with_tag": ("꼬리표", "Tag"),
    "note": ("메모", "Note"),
    "note_placeholder": ("왜 놓쳤는지, 무엇을 고쳐야 하는지", "Why it was lost, what should change"),
    "note_help": (
        "적는 대로 저장되어 다른 질문이나 페이지에 다녀와도 남아 있습니다. ‘메모 남기기’를 누르면 모두에게 보입니다.",
        "Kept as you type, also when you go elsewhere. ‘Leave the note’ shows it to everybody.",
    ),
    "leave": ("메모 남기기", "Leave the note"),
    "draft_kept": ("쓰던 메모를 저장했습니다.", "What you are typing is kept."),
    # the set and the graders
    "add_case": ("회귀 세트에 넣기", "Add to the regression set"),
    "add_case_help": (
        "이 질문을 앞으로의 실행에서 다시 놓치는지 봅니다. 남긴 메모가 까닭으로 함께 들어갑니다.",
        "Watch this question in the runs to come. The notes go with it as the reason.",
    ),
    "in_set": ("✓ 회귀 세트에 있음", "✓ In the regression set"),
    "take_out": ("세트에서 빼기", "Take out of the set"),
    "send": ("채점자에게 보내기", "Send to the graders"),
    "send_help": (
        "이 실행의 답변을 채점 대기열에 넣습니다. 프롬프트에 든 단락도 함께 보입니다.",
        "Puts this run's answer into the graders' queue, with the passages of its prompt.",
    ),
    "sent": ("✓ 채점 대기열에 있음 · 과제 #{task}", "✓ In the graders' queue · task #{task}"),
    "no_answer": ("답변이 없어 채점할 것이 없습니다.", "There is no answer to grade."),
    "no_passages": (
        "이 실행이 쓴 색인이 없어 단락을 함께 보낼 수 없습니다.",
        "The index of this run is gone, so its passages can't be sent along.",
    ),
    # the candidates
    "candidates": ("단계마다의 후보 ({count:,})", "The candidates at every stage ({count:,})"),
    "candidates_help": (
        "숫자는 단계마다의 순위입니다(빈칸: 그 단계에 없음). 열 이름을 누르면 그 단계의 순서로 봅니다.",
        "Numbers are ranks at each stage (blank: not there). Press a column's name for the order of that stage.",
    ),
    "holds": ("기준 답의 글", "Holds the reference"),
    # the X-ray
    "xray": ("형태소 X-ray", "Morpheme X-ray"),
    "xray_on": ("형태소로 견주어 보기", "Compare by morphemes"),
    "xray_help": (
        "질문과 맞는 단락, 그것을 앞선 단락을 형태소로 나누어 무엇이 맞았고 점수를 얼마나 얻었는지 봅니다.",
        "Question, right passage and the one that beat it as morphemes: what matched, and what it gave.",
    ),
    "which_gold": ("맞는 단락", "Right passage"),
    "which_rival": ("견줄 단락", "Passage to compare"),
    "of_question": ("질문", "Question"),
    "of_gold": ("맞는 단락 {id}", "The right passage, {id}"),
    "of_beater": ("앞선 단락 {id}", "The passage that beat it, {id}"),
    "of_next": ("다음 단락 {id}", "The next passage, {id}"),
    "of_first": ("첫 후보 {id}", "The first candidate, {id}"),
    "legend": (
        "같은 번호는 질문과 맞은 형태소입니다. 흐린 것은 검색에 쓰지 않습니다.",
        "The same number is a morpheme that the question has, too. Dim ones aren't used for search.",
    ),
    "term": ("질문의 낱말", "Term of the question"),
    "bigram": ("두 글자", "two letters"),
    "idf": ("드문 정도(idf)", "Rarity (idf)"),
    "times": ("{count}번", "{count}×"),
    "absent": ("없음", "absent"),
    "total": ("BM25 합", "BM25 sum"),
    "inexact": (
        "이 BM25 구현은 낱말마다 준 점수를 알려 주지 않습니다.",
        "This BM25 doesn't say what each term gave.",
    ),
    "why": ("맞는 단락에 대해", "About the right passage"),
    "no_rival": ("이 질문에는 견줄 후보가 없습니다.", "There is no candidate to compare."),
    # regression
    "regression": ("회귀", "Regression"),
    "set_empty": (
        "회귀 세트가 비어 있습니다. 실패 분석에서 질문을 열고 ‘회귀 세트에 넣기’를 누르면, 그 질문이 실행마다 어떻게 "
        "되었는지 여기에 나옵니다.",
        "The regression set is empty. Open a question on the failure page and add it; what becomes of it run by run is "
        "shown here.",
    ),
    "about_set": ("지켜보는 질문 {count:,}개", "{count:,} questions are watched"),
    "how_to_run": (
        "터미널에서 `hansang evaluate --regression --index {index}`로 세트만 빠르게 돌립니다. 다른 질문 파일의 실행도 "
        "같은 질문이 들어 있으면 함께 셉니다.",
        "`hansang evaluate --regression --index {index}` runs the set alone. Other runs count, too, where they asked "
        "the same questions.",
    ),
    "criterion": ("무엇을 통과로 볼까", "What passing means"),
    "by_answer": ("판정이 정답", "the verdict is right"),
    "by_prompt": ("맞는 단락이 프롬프트에", "a right passage is in the prompt"),
    "not_run": (
        "세트의 질문을 물은 실행이 아직 없습니다.",
        "No run has asked a question of the set yet.",
    ),
    "latest": ("{run}: {judged:,}개 가운데 {passed:,}개 통과", "{run}: {passed:,} of {judged:,} passed"),
    "broke": ("깨진 질문 {count:,}", "{count:,} broke"),
    "mended": ("고쳐진 질문 {count:,}", "{count:,} mended"),
    "by_run": ("실행마다", "Run by run"),
    "by_question": ("질문마다", "Question by question"),
    "run": ("실행", "Run"),
    "made": ("때", "When"),
    "passed": ("통과", "Passed"),
    "broken_short": ("깨짐", "Broke"),
    "mended_short": ("고쳐짐", "Mended"),
    "shown_run": ("자세히 볼 실행", "Run to look at"),
    "nothing_broke": (
        "앞선 실행보다 깨진 질문이 없습니다.",
        "Nothing broke against the run before.",
    ),
    "nothing_mended": ("새로 고쳐진 질문이 없습니다.", "Nothing was mended."),
    "signs": (
        "✓ 통과 · ✗ 실패 · ▼ 앞선 실행에서는 통과 · ▲ 앞선 실행에서는 실패 · – 묻지 않았거나 판정 없음. "
        "왼쪽이 최근 실행이고, 질문을 누르면 실패 분석에서 열립니다.",
        "✓ passed · ✗ failed · ▼ passed in the run before · ▲ failed in the run before · – not asked, or no verdict. "
        "The newest run is on the left; a question opens on the failure page.",
    ),
    "why_in": ("까닭", "Why"),
    "still_failing": ("아직 실패 {count:,}", "{count:,} still failing"),
    "only_newest": ("최근 {count}개 실행만 보입니다.", "Only the newest {count} runs are shown."),
    "the_set": ("세트의 질문", "Questions of the set"),
    "remove": ("뺄 질문", "Question to take out"),
}


def tool_text(key: str, lang: Lang, **fields: object) -> str:
    """A text in a language, its fields filled in."""
    ko, en = _TEXTS[key]
    return (ko if lang == "ko" else en).format(**fields)
