// Search by initial consonants: the same rules as annotations/hangul.py, letter for letter (tests hold both to one list).

const FIRST = 0xac00;
const LAST = 0xd7a3;
const FINALS = 28;
const PER_INITIAL = 588;
const INITIALS = "ㄱㄲㄴㄷㄸㄹㅁㅂㅃㅅㅆㅇㅈㅉㅊㅋㅌㅍㅎ";
const FINAL_LETTERS = ["", ..."ㄱㄲㄳㄴㄵㄶㄷㄹㄺㄻㄼㄽㄾㄿㅀㅁㅂㅄㅅㅆㅇㅈㅊㅋㅌㅍㅎ"];
const CLUSTERS = { ㄳ: "ㄱㅅ", ㄵ: "ㄴㅈ", ㄶ: "ㄴㅎ", ㄺ: "ㄹㄱ", ㄻ: "ㄹㅁ", ㄼ: "ㄹㅂ", ㄽ: "ㄹㅅ", ㄾ: "ㄹㅌ", ㄿ: "ㄹㅍ", ㅀ: "ㄹㅎ", ㅄ: "ㅂㅅ" };
const IGNORED = new Set(" ·/\t\n\u00a0ㆍ‧・");

/** Whether what was typed occurs in a text. */
export const matches = (query, text) => placeOf(query, text) !== null;

/** The choices whose option's Korean or English name holds the query, best first. A choice is `{field, option}`. */
export function search(query, choices) {
  const ranked = [];
  choices.forEach((choice, number) => {
    const places = [choice.option.ko, choice.option.en].map((name) => placeOf(query, name)).filter((place) => place !== null);
    if (places.length) ranked.push({ place: Math.min(...places), number, choice });
  });
  return ranked.sort((a, b) => a.place - b.place || a.number - b.number).map(({ choice }) => choice);
}

/** 0 for a match at the beginning, 1 at the beginning of a part, 2 inside, null for none. */
export function placeOf(query, text) {
  const { letters, begins } = lettersOf(text);
  let best = null;
  for (const typed of readings(query)) {
    for (let start = 0; start <= letters.length - typed.length; start += 1) {
      if (!typed.every((each, offset) => fits(each, letters[start + offset]))) continue;
      const place = start === 0 ? 0 : begins.has(start) ? 1 : 2;
      best = best === null ? place : Math.min(best, place);
    }
  }
  return best;
}

function lettersOf(text) {
  const letters = [];
  const begins = new Set();
  let apart = true;
  for (const letter of text.normalize("NFC").toLowerCase()) {
    if (IGNORED.has(letter)) {
      apart = true;
      continue;
    }
    if (apart) begins.add(letters.length);
    letters.push(letter);
    apart = false;
  }
  return { letters, begins };
}

function readings(query) {
  const typed = lettersOf(query).letters.flatMap((letter) => [...(CLUSTERS[letter] || letter)]);
  const last = typed[typed.length - 1];
  if (!typed.length || !isSyllable(last)) return [typed];
  const before = typed.slice(0, -1);
  const { opened, final } = withoutFinal(last);
  if (!final) return [[...before, `${last}…`]];
  const spread = CLUSTERS[final];
  if (spread) {
    const kept = String.fromCharCode(opened.charCodeAt(0) + FINAL_LETTERS.indexOf(spread[0]));
    return [typed, [...before, kept, spread[1]]];
  }
  return [[...before, `${last}…`], [...before, opened, final]];
}

function fits(typed, letter) {
  if (typed === letter) return true;
  if (INITIALS.includes(typed)) return isSyllable(letter) && INITIALS[Math.floor((letter.charCodeAt(0) - FIRST) / PER_INITIAL)] === typed;
  if ([...typed].length === 1 || !isSyllable(letter)) return false;
  const { opened, final } = withoutFinal(typed[0]);
  const there = withoutFinal(letter);
  return opened === there.opened && (!final || there.final === final || (CLUSTERS[there.final] || "").startsWith(final));
}

function isSyllable(letter) {
  const code = letter.charCodeAt(0);
  return letter.length === 1 && code >= FIRST && code <= LAST;
}

function withoutFinal(syllable) {
  const final = (syllable.charCodeAt(0) - FIRST) % FINALS;
  return { opened: String.fromCharCode(syllable.charCodeAt(0) - final), final: FINAL_LETTERS[final] };
}
