"""What the pages about evaluation runs say, in Korean and English."""

from __future__ import annotations

from pages.words import Lang
from pipeline.evaluation.blame import Verdict

_ENGLISH: dict[Verdict, str] = {
    Verdict.NOT_INDEXED: "not indexed",
    Verdict.MISSED: "missed by both searches",
    Verdict.FUSION: "pushed back by fusion",
    Verdict.RERANKER: "pushed back by the reranker",
    Verdict.CUT: "cut at k",
    Verdict.WRONG: "evidence, but a wrong answer",
    Verdict.SHOULD_ABSTAIN: "should have abstained",
    Verdict.REFUSED: "needless abstention",
    Verdict.RIGHT: "right",
}
_OF_KOREAN = {verdict.ko: english for verdict, english in _ENGLISH.items()}

_TEXTS: dict[str, tuple[str, str]] = {
    "failures": ("실패 분석", "Failures"),
    "runs": ("실행 비교", "Compare runs"),
    "run": ("실행", "Run"),
    "no_runs": (
        "아직 실행이 없습니다. 터미널에서 `hansang evaluate 질문파일 --run 이름`으로 만들면 여기에 나옵니다.",
        "There is no run yet. Make one in a terminal: `hansang evaluate QUESTIONS --run NAME`.",
    ),
    "empty_run": (
        "이 실행에는 아직 끝난 질문이 없습니다. `hansang evaluate`가 질문을 마칠 때마다 여기에 쌓입니다.",
        "No question of this run is finished yet. They come here one by one.",
    ),
    "changed": (
        "보는 사이에 실행이 바뀌었습니다. 페이지를 새로 고쳐 주세요.",
        "The run changed while it was looked at. Reload the page.",
    ),
    "about_run": (
        "색인 {index} · 질문 {questions:,}개 가운데 {done:,}개 끝남 · 답하지 못한 오류 {errors:,}개",
        "Index {index} · {done:,} of {questions:,} questions finished · {errors:,} ended in an error",
    ),
    "flow": ("질문이 어디에서 사라졌나", "Where the questions were lost"),
    "verdict": ("판정", "Verdict"),
    "verdict_help": (
        "판정이나 위 그림의 단계·흐름을 누르면 그 질문만 남습니다. 여럿을 고를 수 있고, 다시 누르면 풀립니다.",
        "Choose verdicts, or a stage or stream of the chart, to keep only their questions; choose again to let go.",
    ),
    "unjudged": ("판정 없음", "no verdict"),
    "type": ("질문 유형", "Type"),
    "restaurant": ("첫 후보의 식당", "Restaurant of the first candidate"),
    "length": ("질문 길이(글자)", "Length of the question (letters)"),
    "search": ("질문에서 찾기", "Find in questions"),
    "all": ("모두", "All"),
    "found": ("{all:,}개 가운데 {shown:,}개", "{shown:,} of {all:,}"),
    "nothing_found": (
        "조건에 맞는 질문이 없습니다. 조건을 하나 풀어 주세요.",
        "No question fits the filters. Let one of them go.",
    ),
    "table_help": (
        "숫자는 맞는 단락이 단계마다 선 자리입니다(빈칸: 없음). 줄 왼쪽을 누르거나 아래 단추로 질문을 엽니다.",
        "Numbers are the right passage's places at each stage (blank: none). Choose a row, or step with the buttons.",
    ),
    "question": ("질문", "Question"),
    "final": ("마지막", "Final"),
    "ms": ("걸린 시간(ms)", "Time (ms)"),
    "before": ("이전 질문", "Previous"),
    "after": ("다음 질문", "Next"),
    "place": ("{place:,} / {of:,}번째 질문", "Question {place:,} of {of:,}"),
    "reference": ("기준 답", "Reference"),
    "answer": ("답변", "Answer"),
    "none": ("없음", "none"),
    "abstained": ("기권함", "abstained"),
    "error": ("오류", "Error"),
    "path": ("맞는 단락의 길", "The right passages' way"),
    "no_gold": ("맞는 단락이 정해지지 않은 질문입니다.", "No passage is known to be right for this question."),
    "not_indexed": ("색인에 없음", "not in the index"),
    "filtered": ("질문의 조건에 걸러짐", "shut out by the question's filters"),
    "no_candidate": ("후보 ✗", "candidate ✗"),
    "in_prompt": ("프롬프트 ✓", "prompt ✓"),
    "not_in_prompt": ("프롬프트 ✗", "prompt ✗"),
    "also": ("기준 답의 글이 함께 든 단락: {ids}", "Other passages that hold the reference: {ids}"),
    "gold": ("맞는 단락", "Right passages"),
    "first": ("처음 다섯 후보", "The first five candidates"),
    "is_gold": ("맞는 단락", "right"),
    "cited": ("인용됨", "cited"),
    "no_text": (
        "이 실행이 쓴 색인의 판({version})이 없어 단락의 글을 보일 수 없습니다. 번호와 순위는 실행에 남아 있습니다.",
        "The version of the index that this run used ({version}) is gone, so texts can't be shown; ranks can.",
    ),
    "text_gone": ("(이 색인에 글이 없습니다)", "(no text in this index)"),
    "try": ("바꾸어 보기", "Try it otherwise"),
    "weight": ("벡터의 몫 (fusion.weight)", "Share of vectors (fusion.weight)"),
    "k": ("프롬프트에 넣는 수 (retrieval.k)", "Passages in the prompt (retrieval.k)"),
    "depth": ("리랭커가 보는 수 (rerank.depth)", "Passages reranked (rerank.depth)"),
    "reranker": ("리랭커 쓰기", "Use the reranker"),
    "inject": ("정답 단락 넣어 보기", "Put the right passages in"),
    "inject_help": ("맞는 단락을 맨 앞에 놓고 답을 다시 씁니다.", "Puts the right passages first and answers again."),
    "generate": ("답변도 다시 쓰기", "Write the answer again, too"),
    "try_help": (
        "무엇이든 바꾸면 서버가 바로 다시 계산합니다.",
        "Change anything and the server goes through it again.",
    ),
    "unreachable": (
        "한상 서버에 닿지 않아 다시 계산할 수 없습니다. 터미널에서 `hansang serve`로 서버를 켠 뒤 다시 해 주세요. "
        "나머지는 저장된 실행에서 그대로 볼 수 있습니다.",
        "The server can't be reached, so nothing can be replayed. Start it with `hansang serve` and try again. "
        "The rest of the page works from the stored run.",
    ),
    "redone": ("다시 한 일: {steps}", "Done again: {steps}"),
    "other_index": (
        "색인이 그 뒤 바뀌어({then} → {now}) ‘이전’도 지금 색인에 다시 물은 것입니다.",
        "The index has changed since ({then} → {now}); ‘before’ was asked of the index of today, too.",
    ),
    "from_scores": ("없음(저장된 점수로 계산)", "nothing (from stored scores)"),
    "retrieval": ("검색", "retrieval"),
    "rerank": ("재정렬", "reranking"),
    "passage": ("단락", "Passage"),
    "was": ("이전", "Before"),
    "now": ("지금", "Now"),
    "prompt": ("프롬프트", "Prompt"),
    "text": ("글", "Text"),
    "answer_before": ("이전 답변", "Answer before"),
    "answer_now": ("지금 답변", "Answer now"),
    "not_written": ("다시 쓰지 않았습니다.", "It was not written again."),
    "to_chat": ("이 설정으로 채팅에서 열기", "Open in the chat with these settings"),
    "open_chat": ("채팅에서 답변 보기", "See the answer in the chat"),
    "run_a": ("이전 실행 (A)", "Before (A)"),
    "run_b": ("새 실행 (B)", "After (B)"),
    "two_runs": (
        "비교하려면 실행이 둘 있어야 합니다. 같은 질문 파일로 `hansang evaluate 질문파일 --run 다른이름 --set …`을 "
        "한 번 더 하세요.",
        "It takes two runs to compare. Run `hansang evaluate QUESTIONS --run ANOTHER --set …` on the same questions.",
    ),
    "same_run": ("A와 B에 서로 다른 실행을 골라 주세요.", "Choose two different runs for A and B."),
    "comparing": ("두 실행을 견주는 중 …", "Comparing the runs …"),
    "differences": ("차이 (B − A, 95 % 구간)", "Differences (B − A, 95 % intervals)"),
    "mrr10": ("MRR@10", "MRR@10"),
    "recall5": ("상위 5위 적중률", "Recall in the first 5"),
    "accuracy": ("정답률", "Right answers"),
    "f1": ("글자 F1(기권은 0)", "Character F1 (abstentions: 0)"),
    "answer_relevancy": ("답변 관련성", "Answer relevancy"),
    "faithfulness": ("충실성", "Faithfulness"),
    "context_recall": ("근거 재현율", "Context recall"),
    "context_precision": ("근거 정밀도", "Context precision"),
    "difference": ("차이", "Difference"),
    "interval": ("95 % 구간", "95 % interval"),
    "p": ("p (Holm)", "p (Holm)"),
    "questions": ("질문", "Questions"),
    "measure": ("지표", "Measure"),
    "better": ("B만 맞힌 질문 ({count:,})", "Only B got these right ({count:,})"),
    "worse": ("A만 맞힌 질문 ({count:,})", "Only A got these right ({count:,})"),
    "no_flips": ("없습니다.", "None."),
    "look": ("실패 분석", "Failures"),
    "open": ("열기 ↗", "Open ↗"),
    "settings": ("달라진 설정", "Changed settings"),
    "setting": ("설정", "Setting"),
    "no_changes": ("두 실행의 설정이 같습니다.", "The two runs have the same settings."),
    "robustness": ("강건성", "Robustness"),
    "robust_help": (
        "같은 질문을 다르게 적었을 때 맞는 단락이 얼마나 움직이는지 봅니다. 표에서 질문을 고르세요. "
        "고르지 않으면 앞에서부터 정한 수만큼 잽니다.",
        "How far the right passage moves when a question is written otherwise. Choose questions in the table; "
        "without a choice the first ones are taken.",
    ),
    "how_many": ("질문 수", "How many questions"),
    "no_gold_questions": (
        "맞는 단락이 알려진 질문이 없어 잴 수 없습니다. 조건을 풀거나 passage_ids가 있는 질문으로 실행하세요.",
        "No question has a known right passage. Widen the filters, or run questions that have passage_ids.",
    ),
    "measure_now": ("{count:,}개 질문으로 재기", "Measure {count:,} questions"),
    "measuring": ("{done:,} / {of:,} 질문", "{done:,} of {of:,} questions"),
    "summary": ("변형별 요약 (처음 {k}위 안)", "By kind of variant (within the first {k})"),
    "moves": ("질문마다", "Question by question"),
    "kind": ("변형", "Variant"),
    "kept": ("지킨 비율", "Kept"),
    "lost": ("밀려난 수", "Fell out"),
    "gained": ("새로 든 수", "Came in"),
    "mrr": ("MRR 이전 → 지금", "MRR before → now"),
    "variant_text": ("바꾼 질문", "As written"),
    "no_variants": (
        "이 질문들에는 바꿀 데가 없어 변형이 만들어지지 않았습니다. 다른 질문을 골라 주세요.",
        "The rules found nothing to change in these questions. Choose others.",
    ),
}


def text(key: str, lang: Lang, **fields: object) -> str:
    """A text in a language, its fields filled in."""
    ko, en = _TEXTS[key]
    return (ko if lang == "ko" else en).format(**fields)


def verdict_name(value: str, lang: Lang) -> str:
    """A verdict as people read it; of an empty one, that there is none."""
    if not value:
        return text("unjudged", lang)
    verdict = Verdict(value)
    return verdict.ko if lang == "ko" else _ENGLISH[verdict]


def said_of_flip(korean: str, lang: Lang) -> str:
    """What a comparison says became of a question."""
    return korean if lang == "ko" else _OF_KOREAN.get(korean, korean)


def kind_name(kind: str, lang: Lang) -> str:
    """A kind of variant of a question."""
    return kind if lang == "ko" else _KINDS[kind]


_KINDS = {
    "띄어쓰기 없음": "no spaces",
    "조사 뺌": "no particles",
    "반말": "familiar",
    "존댓말": "polite",
    "오타 한 글자": "one letter wrong",
    "숫자 표기": "numbers written otherwise",
    "영한 혼용": "English mixed in",
}


def stage_name(stage: str, lang: Lang) -> str:
    """A stage of the flow and of a path."""
    ko, en = _STAGES[stage]
    return ko if lang == "ko" else en


_STAGES: dict[str, tuple[str, str]] = {
    "bm25": ("BM25", "BM25"),
    "vector": ("벡터", "Vectors"),
    "sparse": ("희소", "Sparse"),
    "colbert": ("ColBERT", "ColBERT"),
    "fused": ("융합", "Fusion"),
    "rerank": ("리랭커", "Reranker"),
    "질문": ("질문", "Questions"),
    "후보": ("후보", "Candidates"),
    "융합": ("융합", "Fusion"),
    "리랭커": ("리랭커", "Reranker"),
    "프롬프트": ("프롬프트", "Prompt"),
    "답변": ("답변", "Answer"),
}
