// Text for PostgreSQL's word search: plain ASCII words, so that it finds the same under every locale.

const CJK = /[\p{sc=Han}\p{sc=Hiragana}\p{sc=Katakana}\p{sc=Hangul}]+/gu;
const MAX_WORDS = 4_000;

const code = (text: string) =>
  `u${[...text].map((char) => char.codePointAt(0)?.toString(16) ?? '').join('x')}`;

/** Chinese, Japanese and Korean have no spaces: pairs of characters stand in for words. */
function pairs(run: string): string[] {
  const chars = [...run];
  if (chars.length === 1) return [code(run)];
  return chars.slice(1).map((char, at) => code((chars[at] ?? '') + char));
}

/**
 * Words of a text in lower case: identifiers cut (`pdfToText`, `pdf_to_text`), accents taken off, and words of other
 * scripts written as codes. Queries and texts go through it alike.
 */
export function searchWords(text: string): string[] {
  const words: string[] = [];
  const spaced = text
    .replace(/([\p{Ll}\d])(\p{Lu})/gu, '$1 $2')
    .normalize('NFKD')
    .replace(/\p{M}/gu, '')
    .toLowerCase();
  for (const word of spaced.match(/[\p{L}\p{N}]+/gu) ?? []) {
    if (words.length >= MAX_WORDS) break;
    if (/^[a-z0-9]+$/.test(word)) words.push(word);
    else {
      for (const run of word.match(CJK) ?? []) words.push(...pairs(run.normalize('NFC')));
      for (const rest of word.replace(CJK, ' ').split(' '))
        if (rest !== '') words.push(/^[a-z0-9]+$/.test(rest) ? rest : code(rest));
    }
  }
  return words;
}

/** SQL that makes the search vector from four texts, the weightiest first. */
export const SEARCH_VECTOR = (first: number) =>
  `setweight(to_tsvector('english', $${first}), 'A') || setweight(to_tsvector('english', $${first + 1}), 'B')
   || setweight(to_tsvector('english', $${first + 2}), 'C') || setweight(to_tsvector('english', $${first + 3}), 'D')`;

/** The four texts: name, tags, description, beginning of the body. */
export function searchTexts(skill: {
  name: string;
  tags: readonly string[];
  description: string;
  body: string;
}): string[] {
  const join = (text: string) => searchWords(text).join(' ');
  return [
    join(skill.name),
    join(skill.tags.join(' ')),
    join(skill.description),
    join(skill.body.slice(0, 6_000)),
  ];
}
