// Turns text into search terms: folded, split, segmented where there are no spaces, stemmed.
import { stemmer } from 'stemmer';

/** Scripts written without spaces: only a dictionary finds their words. */
const UNSPACED =
  /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}\p{Script=Lao}\p{Script=Khmer}\p{Script=Myanmar}ー]+/gu;
const KANA = /[\p{Script=Hiragana}\p{Script=Katakana}]/u;
const HIRAGANA_ONLY = /^[\p{Script=Hiragana}ー]+$/u;
const WORD = /[\p{L}\p{M}\p{N}_]+/gu;
/** Where `camelCase`, `HTTPServer` and `snake_case` break; `PDFs` does not. */
const INNER = /_+|(?<=\p{Ll}|\p{N})(?=\p{Lu})|(?<=\p{Lu})(?=\p{Lu}\p{Ll})(?!\p{Lu}s$)/u;
const MAX_TERM_LENGTH = 40;

/** Words so common that they tell nothing about a skill; kept short, since weights do the rest. */
const STOP_WORDS = new Set(
  `a about above after again all also although am an and any are as at be because been before being below between
  both but by can could did do does doing down during each either else etc few for from further had has have having he
  her here hers him his how i if in into is it its itself just let like may me might more most must my myself no nor
  not now of off on once one only or other our ours out over own please same shall she should so some such than that
  the their theirs them then there these they this those through to too under until up upon us very was we were what
  when where whether which while who whom why will with within without would yet you your yours
  two three four five six seven eight nine ten hundred thousand million zero very really quite still already never
  always ever often sometimes soon much many lot lots bit without
  de del la el los las un una unos unas en con por para que y o se no es al su sus como cuando mi
  的 了 和 在 是 我 你 他 它 们 把 用 时 请 并 且 每 个 每个 成 为 将 以 于 后 前 上 下 里 吗 呢 吧 什么 哪些 可以 需要 怎么 怎么办 如何 一个 进行 以及 或 与 及 从 中 对 这 那 有 被 让 给 到 后
  ため とき こと したい する して した です ます よう もの この その
  `
    .split(/\s+/)
    .filter((word) => word !== ''),
);

/** One term of a text, with the word it came from (for people and for spelling). */
export interface Term {
  readonly stem: string;
  readonly word: string;
  /** `wide`: from a script without spaces. `joined`: a whole identifier beside its parts. */
  readonly kind: 'word' | 'wide' | 'joined';
  /** Stems of a joined identifier's parts. */
  readonly parts?: readonly string[];
}

/** Folds case, width and Latin accents, so that `Café`, `CAFE` and `ｃａｆｅ` are one. */
export function fold(text: string): string {
  const plain = text.normalize('NFKC');
  return plain
    .normalize('NFD')
    .replace(/[\u0300-\u036f]/g, '')
    .normalize('NFC');
}

/** The stem of a folded, lower-case word; words with digits or other scripts stay as they are. */
export function stem(word: string): string {
  return /^[a-z]+$/.test(word) ? stemmer(word) : word;
}

/** True for words that are never searched for. */
export function isStopWord(word: string): boolean {
  return STOP_WORDS.has(word);
}

/** Splits text into terms. Holds its dictionaries, which take some milliseconds to load, until first needed. */
export interface Analyzer {
  /** All terms in order of appearance, stop words left out. Never throws, whatever the text. */
  terms(text: string): Term[];
  /** The parts of the text without spaces between words, folded (`从扫描的`, `する`). */
  unspacedRuns(text: string): string[];
}

export function createAnalyzer(): Analyzer {
  const segmenters = new Map<'ja' | 'zh', Intl.Segmenter>();
  const stems = new Map<string, string>();

  function segment(run: string): string[] {
    const language = KANA.test(run) ? 'ja' : 'zh';
    let segmenter = segmenters.get(language);
    if (segmenter === undefined) {
      segmenter = new Intl.Segmenter(language, { granularity: 'word' });
      segmenters.set(language, segmenter);
    }
    const words: string[] = [];
    for (const part of segmenter.segment(run)) {
      const particle = HIRAGANA_ONLY.test(part.segment) && part.segment.length <= 2;
      if (part.isWordLike === true && !particle) words.push(part.segment.slice(0, MAX_TERM_LENGTH));
    }
    return words;
  }

  function cachedStem(word: string): string {
    let found = stems.get(word);
    if (found === undefined) {
      if (stems.size >= 20_000) stems.clear();
      found = stem(word);
      stems.set(word, found);
    }
    return found;
  }

  function pushWord(word: string, out: Term[]): void {
    const parts = word.split(INNER).filter((part) => part !== '');
    const start = out.length;
    for (const part of parts) {
      const lower = part.toLowerCase();
      if (lower.length > MAX_TERM_LENGTH || STOP_WORDS.has(lower)) continue;
      if (lower.length === 1 && !/\p{N}/u.test(lower)) continue;
      out.push({ stem: cachedStem(lower), word: lower, kind: 'word' });
    }
    if (parts.length < 2) return;
    const joined = parts.join('').toLowerCase();
    if (joined.length > MAX_TERM_LENGTH) return;
    const stems = out.slice(start).map((term) => term.stem);
    out.push({ stem: cachedStem(joined), word: word.toLowerCase(), kind: 'joined', parts: stems });
  }

  return {
    terms(text) {
      const out: Term[] = [];
      for (const [word] of fold(text).matchAll(WORD)) {
        let end = 0;
        for (const match of word.matchAll(UNSPACED)) {
          if (match.index > end) pushWord(word.slice(end, match.index), out);
          end = match.index + match[0].length;
          for (const part of segment(match[0])) {
            if (!STOP_WORDS.has(part)) out.push({ stem: part, word: part, kind: 'wide' });
          }
        }
        if (end < word.length) pushWord(word.slice(end), out);
      }
      return out;
    },
    unspacedRuns(text) {
      return [...fold(text).matchAll(UNSPACED)].map(([run]) => run);
    },
  };
}
