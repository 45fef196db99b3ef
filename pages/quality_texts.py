"""What the quality page says, in Korean and English."""

from __future__ import annotations

from annotations.schemes.scheme import Wording
from pages.words import Lang

_TEXTS: dict[str, tuple[str, str]] = {
    "title": ("라벨 품질", "Label quality"),
    "scheme": ("라벨 체계", "Scheme"),
    "version": ("판", "Version"),
    "batches": ("묶음", "Batches"),
    "all": ("모두", "All"),
    "since": ("이날부터", "From"),
    "until": ("이날까지", "To"),
    "refresh": ("새로 고침", "Refresh"),
    "working": ("답을 견주는 중 …", "Comparing answers …"),
    "as_of": (
        "{at} 기준 · 답 #{up_to:,}까지 · {version}판. 구간은 과제를 {resamples:,}번 다시 뽑아 낸 95 % 구간입니다.",
        "As of {at} · answers to #{up_to:,} · version {version}. Intervals: 95 %, {resamples:,} resamples of tasks.",
    ),
    "wrong_days": ("시작하는 날이 끝나는 날보다 늦습니다. 날짜를 고쳐 주세요.", "The first day is after the last."),
    "no_tasks": (
        "아직 가져온 과제가 없습니다. 관리자가 `hansang tasks import 파일 --scheme {scheme} --seats 2`로 "
        "넣으면 됩니다.",
        "No tasks yet: an administrator brings them in with `hansang tasks import FILE --scheme {scheme} --seats 2`.",
    ),
    "no_answers": (
        "과제 {tasks:,}개가 답을 기다립니다. 작업자가 ‘라벨링’ 페이지에서 답하면 여기에 나옵니다.",
        "{tasks:,} tasks wait for answers. They show here once annotators answer on the page ‘Label’.",
    ),
    "filtered_out": (
        "고른 묶음과 날짜에 드는 답이 없습니다. 조건을 넓혀 주세요. 지금 고르지 않은 답 {excluded:,}개가 있습니다.",
        "No answer is in the chosen batches and dates: widen them. {excluded:,} answers are outside.",
    ),
    "no_pairs": (
        "두 사람이 함께 답한 과제가 없어 일치도를 낼 수 없습니다. 과제를 가져올 때 `--seats 2`로 두 자리를 주세요.",
        "No task has two answers to compare. Give tasks two seats when importing: `--seats 2`.",
    ),
    "tasks": ("과제", "Tasks"),
    "answered": ("답한 과제", "Answered"),
    "paired": ("둘 이상 답함", "Two answers or more"),
    "answers": ("답", "Answers"),
    "compared": ("견준 답", "Compared"),
    "people": ("사람", "People"),
    "counted": (
        "답 {answers:,}개 가운데 {compared:,}개를 견주었고(판단 불가 {unjudgeable:,}, 제안을 보기 전에 "
        "스스로 고친 답 {revised:,}) {excluded:,}개는 뺐습니다.",
        "Of {answers:,} answers {compared:,} were compared ({unjudgeable:,} unjudgeable, {revised:,} "
        "corrected by their author before seeing a suggestion) and {excluded:,} left out.",
    ),
    "excluded": ("뺀 답과 이유", "What is left out, and why"),
    "reason": ("이유", "Reason"),
    "blind_only": (
        "제안을 보기 전의 답만 견줍니다. 제안을 본 뒤의 답은 ‘제안’에 따로 있습니다.",
        "Only answers from before a suggestion was seen are compared; later ones are under ‘Suggestions’, apart.",
    ),
    "tab_agreement": ("일치도", "Agreement"),
    "tab_confusion": ("엇갈림", "Confusions"),
    "tab_drift": ("흐름", "Drift"),
    "tab_people": ("사람", "People"),
    "tab_pull": ("제안", "Suggestions"),
    "tab_remarks": ("살펴볼 것", "To look at"),
    "alpha": ("항목마다", "By field"),
    "alpha_aid": (
        "1이면 모두 같은 답, 0이면 아무렇게나 답한 것과 같고, 음수면 그보다 못합니다. 0.8 이상이면 믿고 쓸 "
        "만하고, 0.667과 0.8 사이면 잠정적인 결론까지만, 0.667 아래면 결론에 쓰지 마세요(Krippendorff 2004). "
        "막대의 무늬도 이 셋을 나눕니다. 구간이 넓으면 과제가 모자란 것이니, 지침을 탓하기 전에 더 답하세요.",
        "1: all answers equal; 0: as if answered at random; below: worse. From .8 on reliable, between .667 "
        "and .8 tentative conclusions only, below .667 none (Krippendorff 2004); the bars' patterns show the "
        "three. A wide interval means too few tasks: answer more before blaming the guideline.",
    ),
    "field": ("항목", "Field"),
    "labels": ("라벨마다: 그 라벨을 골랐는지가 같은 정도", "By label: do they agree on naming it?"),
    "labels_aid": (
        "낮은 라벨부터 지침에 예를 더하세요. 드문 라벨은 우연히 맞기 쉬워 값이 낮게 나오니 ‘같은 답’도 함께 보세요.",
        "Add examples to the guideline for the lowest. Rare labels come out low: look at ‘same’ too.",
    ),
    "unnamed": ("아무도 고르지 않았거나 모두 고른 라벨: {labels}", "Named by nobody, or by everybody: {labels}"),
    "overlap": (
        "표시한 자리가 겹치는 정도(F1): **{value}** · 과제 {items:,}",
        "Overlap of the marked places (F1): **{value}** · {items:,} tasks",
    ),
    "by_person": ("사람마다: 다른 사람들과 같은 정도", "By person: agreement with the others"),
    "kappa": ("둘씩: Cohen의 κ", "Two by two: Cohen's κ"),
    "kappa_aid": (
        "색이 옅은 둘은 서로 다르게 봅니다. 한 사람의 줄이 모두 옅으면 그 사람이 지침을 달리 읽은 것입니다.",
        "Pale cells see things differently. Whose row is pale throughout reads the guideline in its own way.",
    ),
    "confusion": (
        "이것을 고른 답(줄)에 맞서 다른 사람이 고른 것(칸)",
        "What others said (columns) where one said this (rows)",
    ),
    "confusion_aid": (
        "줄마다 100 %입니다. 대각선이 같은 답이고, 그 밖에 짙은 칸이 서로 헷갈리는 라벨입니다. 두 라벨의 "
        "차이를 지침에 적으세요.",
        "Each row sums to 100 %. The diagonal is agreement; other deep cells are labels taken for each "
        "other: tell them apart in the guideline.",
    ),
    "nothing": ("(대신 없음)", "(nothing)"),
    "no_confusion": ("견줄 라벨이 없습니다.", "There are no labels to compare."),
    "apart": ("많이 엇갈린 것부터", "Most frequent first"),
    "said": ("한 사람", "One said"),
    "other_said": ("다른 사람", "The other said"),
    "times": ("번", "Times"),
    "of_label": ("그 라벨 가운데", "Of that label"),
    "drift": ("주마다의 일치도", "Agreement by week"),
    "drift_aid": (
        "과제는 마지막 답이 온 주에 듭니다. 값이 내려가면 지침이 새 글에 맞지 않거나 서두르는 것일 수 있습니다.",
        "A task belongs to the week of its last answer. A fall may mean that the guideline doesn't fit new "
        "texts, or haste.",
    ),
    "shares": ("주마다 그 라벨을 고른 답의 비율", "Share of answers with each label, by week"),
    "speed": ("과제 하나에 쓴 시간", "Time on a task"),
    "speed_aid": (
        "자리를 비운 시간은 뺐습니다. 막대는 가운데 절반, 마름모는 가운데 값입니다. 유난히 빠르면서 일치도가 "
        "낮은 사람을 보세요.",
        "Idle time is left out. The bar is the middle half, the diamond the median. Look at who is quick and "
        "disagrees.",
    ),
    "seconds": ("초", "seconds"),
    "median": ("가운데(초)", "Median (s)"),
    "middle": ("가운데 절반(초)", "Middle half (s)"),
    "per_hour": ("시간당", "Per hour"),
    "untimed": ("시간 없음", "Untimed"),
    "gold": ("정답이 있는 과제를 맞힌 비율", "Accuracy on gold tasks"),
    "repeats": ("다시 보여 준 과제에 같게 답한 비율", "Same answer to a task shown again"),
    "no_gold": (
        "정답이 있는 과제에 온 답이 없습니다. `hansang tasks import … --gold 파일`로 넣으면 섞여 나갑니다.",
        "No answers to gold tasks yet. Import them with `hansang tasks import … --gold FILE`.",
    ),
    "no_repeats": ("다시 보여 준 과제에 온 답이 아직 없습니다.", "No repeated task has been answered yet."),
    "hidden": ("정답률과 자기 일치도, 이름은 관리자만 봅니다.", "Accuracy, self-agreement and names are for admins."),
    "placing": ("왼쪽에 놓인 답이 선호된 비율", "How often the answer on the left was preferred"),
    "placing_aid": (
        "두 답의 자리는 사람과 과제마다 무작위입니다. 구간에 50 %가 없으면 자리에 끌려 고른 것입니다.",
        "Which answer stands left is drawn at random. An interval without 50 % means that the place decided.",
    ),
    "placing_note": (
        "왼쪽 {first:,} · 오른쪽 {second:,} · 비김 {ties:,}",
        "left {first:,} · right {second:,} · ties {ties:,}",
    ),
    "pull": ("제안이 자기 답과 달랐을 때 제안으로 바꾼 비율", "How often a differing suggestion was taken"),
    "pull_aid": (
        "괄호 안은 제안과 같았는데도 답을 바꾼 비율입니다. 앞의 값이 그보다 훨씬 크면 제안에 끌린 것입니다.",
        "In brackets: how often people changed an answer that the suggestion agreed with. Far above it is pull.",
    ),
    "pull_note": (
        "{taken:,}/{differed:,} (같았을 때 {left:,}/{agreed:,})",
        "{taken:,}/{differed:,} (agreeing {left:,}/{agreed:,})",
    ),
    "no_pull": ("아직 제안을 본 사람이 없습니다.", "Nobody has seen a suggestion yet."),
    "by_label": ("라벨마다", "By label"),
    "assisted": ("제안을 본 뒤의 답끼리 일치도", "Agreement among answers given after a suggestion"),
    "assisted_aid": (
        "같은 제안을 보면 답이 서로 비슷해지므로 위의 일치도와 섞지 않고, 품질의 증거로 쓰지 않습니다.",
        "Seeing the same suggestion makes answers alike, so this is never mixed with the above and proves no quality.",
    ),
    "remarks_aid": (
        "작업자가 표시하거나 건너뛴 과제입니다. 같은 이유가 되풀이되면 지침에 예를 더하세요.",
        "Tasks that were flagged or skipped. A reason that comes again and again belongs in the guideline.",
    ),
    "skip_reasons": ("건너뛴 이유: {reasons}", "Skipped because: {reasons}"),
    "flag": ("표시", "flag"),
    "skip": ("건너뜀", "skipped"),
    "text": ("글", "Text"),
    "when": ("때", "When"),
    "no_remarks": ("표시하거나 건너뛴 과제가 없습니다.", "Nothing was flagged or skipped."),
    "more_remarks": ("새것부터 {shown:,}건만 보입니다. 모두 {all:,}건입니다.", "The newest {shown:,} of {all:,}."),
    "table": ("표로 보기", "As a table"),
    "name": ("이름", "Name"),
    "interval": ("95 % 구간", "95 % interval"),
    "same": ("같은 답", "Same"),
    "reading": ("읽기", "Reading"),
    "closeness": ("가까움", "Closeness"),
    "share": ("비율", "Share"),
    "too-few": ("과제가 모자람", "too few"),
    "unanimous": ("모두 같은 값", "all the same"),
    "unstable": ("구간 없음", "no interval"),
    "not-asked": ("구간 없음", "no interval"),
    "outcome": ("판단할 수 있는지", "Judgeable or not"),
}


def text(key: str, lang: Lang, **fields: object) -> str:
    """A text in a language, its fields filled in."""
    ko, en = _TEXTS[key]
    return (ko if lang == "ko" else en).format(**fields)


def of(wording: Wording, lang: Lang) -> str:
    """One language of a wording."""
    return wording.ko if lang == "ko" else wording.en
