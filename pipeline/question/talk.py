"""What is typed into a chat and asks nothing of reviews: greetings, thanks, questions about the system, mashed keys.

Only whole messages count: "고마워" is talk, "고마운 사장님 계신 집?" is a question.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Literal

from pipeline.types import AnalysedText

Talk = Literal["talk", "system", "unclear"]

_ENDINGS = (
    r"(?:요|용|여|욥|염|유|슴다|함다|입니다|습니다|합니다|하네요|하세요|하셨어요|하셨습니다|하십시오"
    r"|해요|했어요|했습니다|드려요|드립니다|하다|했어|해|하이|데이|당|링|ㅎ)*"
)
_TALK = re.compile(
    r"(?:(?:아|오|네|넵|넹|예|응|어|음|와|우와|헐|대박|그래|진짜|정말|너무|참|다들|오늘도|모두|님|야|아주|많이|또|이만|그럼|자)\s*)*"
    r"(?:안녕(?:하세요|하십니까|히|하신가요)?|하이|헬로|반가(?:워|웠어|와|습니다|웠습니다)|반갑(?:다|네|습니다)|처음\s?뵙겠(?:습니다|어요)|좋은\s?(?:아침|하루|저녁|밤)|굿모닝|굿나잇|굿밤"
    r"|고마(?:워|웠어|와|웠습니다|우이)|고맙(?:다|네|습니다|소|구나)|감사|땡큐|쌩유|수고|고생(?:했어|하셨어|많았어|하셨습니다|많으셨습니다)|미안|죄송|괜찮아|잘\s?(?:가|자|있어|지내|지냈어|부탁|했어|먹을게|먹겠습니다)"
    r"|알겠(?:어|습니다|음)|알았(?:어|습니다|음)|그렇(?:구나|군|네)|오케이|오키|ok|okay|넵|넹|네|예|응|ㅇㅇ|ㅇㅋ|ㄴㄴ|아니|노|굿|최고(?:야|다|네)?|좋(?:네|다|아|습니다|구나|군|은데)|사랑해|좋아해|심심(?:해|하다|하네)|배고(?:파|프다)|졸려|피곤해"
    r"|뭐\s?(?:해|하니|하세요|하고\s?있어)|밥\s?먹었(?:어|니|나|어요)|다음에\s?(?:봐|또\s?올게|만나)|또\s?(?:올게|봐)|바이|빠이|ㅂㅂ|ㅎㅇ|ㄱㅅ|ㅊㅋ|축하|파이팅|화이팅|힘내|메리\s?크리스마스|새해\s?복"
    r"|hi|hello|hey|thanks?(?:\s?you)?|thank\s?you|bye|good|nice|test|테스트)"
    rf"{_ENDINGS}(?:\s*(?:많이\s*)?(?:받으세요|드려요|드립니다|해|해요|하세요|했어|많으셨어요|많아|부탁해|한상아?|챗봇아?|친구야?|정말|진짜|다들|그럼))*",
    re.IGNORECASE,
)
_SYSTEM = re.compile(
    r"(?:너|넌|네가|니가|당신|그쪽|자네|너희|챗봇|봇|인공\s?지능|ai|gpt|한상|이\s?(?:서비스|시스템|앱|챗봇|프로그램|사이트|모델))(?:은|는|이|가|을|를|의|도|아|야|랑)?\s*"
    r"(?:[가-힣a-z]+\s+)?(?:누구|뭐|무엇|뭘|이름|정체|몇\s?살|나이|사람|로봇|기계|인간|어떻게|누가|어떤\s?(?:모델|원리|데이터)|할\s?수|할\s?줄|만든|만들|쓰는|사용법|사용|모델|원리|버전|출처|똑똑|바보|믿)"
    r".*|(?:사용\s?법|도움말|도움|설명서|help)(?:\s*(?:좀|을|를))?\s*(?:알려\s?줘|알려\s?주세요|보여\s?줘|줘|좀)?"
    r"|(?:뭘|뭐|무엇을|무엇|어떤\s?(?:걸|것을|질문))\s*(?:할\s?수\s?있|물어\s?[보볼봐봤]|물을\s?수|도와\s?줄|질문).*"
    r"|.*(?:시스템\s?프롬프트|프롬프트를?\s?(?:알려|보여|출력)|(?:이전|위의|앞의)\s?(?:지시|명령)[를을은는]?.{0,10}(?:무시|잊)|ignore\s.{0,20}instructions).*",
    re.IGNORECASE,
)
_JUDGED = re.compile(r"(?:괜찮|최고|굿|좋|good|nice)\S*\s*[?？]", re.IGNORECASE)
_NOISE = re.compile(r"[\s?!.,~^;:'\"()\[\]…·<>/\\*+=\-_|@#$%&`]+|[ㅋㅎㅠㅜㅡ]{2,}|[ㅋㅠㅜㅡ]|[^\w\s가-힣ㄱ-ㅎㅏ-ㅣ]+")
_JAMO = re.compile(r"[ㄱ-ㅎㅏ-ㅣ\W\d_]+")
_LATIN = re.compile(r"[a-z\W\d_]+", re.IGNORECASE)
_NAMES_OF_THINGS = frozenset("wifi wi-fi tv ktx atm parking menu".split())
_MASHED = 3  # different syllables at most in a message that repeats itself (가가가가, 아바아바아바)


def talk_of(
    question: str, analysed: AnalysedText, known: Callable[[str], bool], *, follows: bool = False
) -> Talk | None:
    """What a message is that asks nothing of reviews; None for a question.

    ``known`` says whether a word is one of the index's: what is no word at all is told from rare words by that. Where
    the message ``follows`` up what was said of restaurants, "괜찮아?" asks of these.
    """
    bare = " ".join(_NOISE.sub(" ", question).split())
    if not bare:
        return "unclear" if question.strip() else None
    if _SYSTEM.fullmatch(bare):
        return "system"
    if _TALK.fullmatch(bare):
        return None if follows and _JUDGED.search(question) else "talk"
    return "unclear" if _is_noise(question, bare, analysed, known) else None


def _is_noise(question: str, bare: str, analysed: AnalysedText, known: Callable[[str], bool]) -> bool:
    letters = "".join(c for c in bare if c.isalpha()).lower()
    if not letters or _JAMO.fullmatch(question):
        return True
    words = [m.form for m in analysed.morphemes if m.content]
    if _LATIN.fullmatch(question):
        return not any(known(word) or word in _NAMES_OF_THINGS for word in [*words, *bare.lower().split()])
    if any(known(word) for word in words if len(word) > 1):
        return False
    kinds = len(set(letters))
    return len(letters) >= 2 * _MASHED - 2 and kinds <= min(_MASHED, len(letters) // 2)
