// Search by initial consonants: the same rules as annotations/hangul.py, letter for letter (tests hold both to one list).

const FIRST = 0xac00;
const LAST = 0xd7a3;
const VOWELS = 21;
const FINALS = 28;
const INITIALS = "ㄱㄲㄴㄷㄸㄹㅁㅂㅃㅅㅆㅇㅈㅉㅊㅋㅌㅍㅎ";
const FINAL_LETTERS = ["", ..."ㄱㄲㄳㄴㄵㄶㄷㄹㄺㄻㄼㄽㄾㄿㅀㅁㅂㅄㅅㅆㅇㅈㅊㅋㅌㅍㅎ"];
const CLUSTERS = {
  ㄳ: "ㄱㅅ",
  ㄵ: "ㄴㅈ",
  ㄶ: "ㄴㅎ",
  ㄺ: "ㄹㄱ",
  ㄻ: "ㄹㅁ",
  ㄼ: "ㄹㅂ",
  ㄽ: "ㄹㅅ",
  ㄾ: "ㄹㅌ",
  ㄿ: "ㄹㅍ",
  ㅀ: "ㄹㅎ",
  ㅄ: "ㅂㅅ",
};
const GROWN = { 8: [9, 10, 11], 9: [10], 13: [14, 15, 16], 14: [15], 18: [19] };
const IGNORED = new Set(" ·/\t\n\u00a0ㆍ‧・");

/** Whether what was typed occurs in a text. */
export const matches = (query, text) => rank(query, text) !== null;

/** The choices whose option's Korean or English name holds the query, best first. A choice is `{field, option}`. */
export function search(query, choices) {
  const ranked = [];
  choices.forEach((choice, number) => {
    const ranks = [choice.option.ko, choice.option.en].map((name) => rank(query, name)).filter((each) => each !== null);
    if (ranks.length) ranked.push({ rank: Math.min(...ranks), number, choice });
  });
  return ranked.sort((a, b) => a.rank - b.rank || a.number - b.number).map(({ choice }) => choice);
}

/** 0 for a match at the beginning, 1 at the beginning of a part, 2 inside, null for none. */
function rank(query, text) {
  const { letters, begins } = lettersOf(text);
  let best = null;
  for (const { typed, unfinished } of readings(query)) {
    for (let start = 0; start <= letters.length - typed.length; start += 1) {
      const fit = typed.every((each, place) =>
        fits(each, letters[start + place], unfinished && place === typed.length - 1),
      );
      const here = start === 0 ? 0 : begins.has(start) ? 1 : 2;
      if (fit) best = best === null ? here : Math.min(best, here);
    }
  }
  return best;
}

function lettersOf(text) {
  const letters = [];
  const begins = new Set();
  let apart = true;
  // Up and down again: ß becomes ss, as Python folds it.
  for (const letter of text.normalize("NFC").toUpperCase().toLowerCase()) {
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

// What a query may mean: 짲 may be on the way to 짜증, 닭 to 달걀: the last final may belong to the next syllable.
function readings(query) {
  const typed = lettersOf(query).letters.flatMap((letter) => [...(CLUSTERS[letter] || letter)]);
  const last = typed[typed.length - 1];
  if (!typed.length || !isSyllable(last)) return [{ typed, unfinished: false }];
  const { initial, vowel, final } = parts(last);
  if (!final) return [{ typed, unfinished: true }];
  const ending = FINAL_LETTERS[final];
  const [kept, moved] = CLUSTERS[ending] || ["", ending];
  const opened = syllable(initial, vowel, FINAL_LETTERS.indexOf(kept));
  return [
    { typed, unfinished: true },
    { typed: [...typed.slice(0, -1), opened, moved], unfinished: false },
  ];
}

function fits(typed, letter, unfinished) {
  if (typed === letter) return true;
  if (!isSyllable(letter)) return false;
  const there = parts(letter);
  if (INITIALS.includes(typed)) return INITIALS[there.initial] === typed;
  if (!unfinished || !isSyllable(typed)) return false;
  const begun = parts(typed);
  if (begun.initial !== there.initial) return false;
  const sameVowel = there.vowel === begun.vowel;
  if (begun.final)
    return sameVowel && (CLUSTERS[FINAL_LETTERS[there.final]] || "").startsWith(FINAL_LETTERS[begun.final]);
  return sameVowel || (GROWN[begun.vowel] || []).includes(there.vowel);
}

function isSyllable(letter) {
  const code = letter.codePointAt(0);
  return code >= FIRST && code <= LAST;
}

function parts(letter) {
  const place = letter.charCodeAt(0) - FIRST;
  return {
    initial: Math.floor(place / (VOWELS * FINALS)),
    vowel: Math.floor(place / FINALS) % VOWELS,
    final: place % FINALS,
  };
}

const syllable = (initial, vowel, final) => String.fromCharCode(FIRST + (initial * VOWELS + vowel) * FINALS + final);
