// A SKILL.md body as sections, so that they can be compared, moved and put under another heading.

export interface Section {
  /** 0 for what stands before the first heading. */
  readonly level: number;
  readonly title: string;
  /** With its heading line. */
  readonly text: string;
}

const HEADING = /^(#{1,6})[ \t]+(.+?)[ \t#]*$/;
const FENCE = /^[ \t]*(```|~~~)/;

/** Lines with what they are; headings inside of code fences are code. */
function* readLines(body: string): Generator<{ line: string; level: number; title: string }> {
  let fence: string | undefined;
  for (const line of body.split('\n')) {
    const mark = FENCE.exec(line)?.[1];
    if (mark !== undefined) fence = fence === undefined ? mark : fence === mark ? undefined : fence;
    const heading = fence === undefined ? HEADING.exec(line.trimEnd()) : null;
    yield { line, level: heading?.[1]?.length ?? 0, title: heading?.[2] ?? '' };
  }
}

/** Splits at headings of at most this level; deeper ones stay inside. The texts joined are the body. */
export function splitSections(body: string, deepest: number): readonly Section[] {
  const sections: { level: number; title: string; lines: string[] }[] = [{ level: 0, title: '', lines: [] }];
  for (const { line, level, title } of readLines(body)) {
    if (level > 0 && level <= deepest) sections.push({ level, title, lines: [line] });
    else sections.at(-1)?.lines.push(line);
  }
  return sections
    .map(({ lines, ...rest }) => ({ ...rest, text: lines.join('\n') }))
    .filter(({ text, level }) => level > 0 || text !== '');
}

/** Puts all headings deeper by some levels, six at most. */
export function demoteHeadings(text: string, by: number): string {
  const lines: string[] = [];
  for (const { line, level, title } of readLines(text))
    lines.push(level === 0 ? line : `${'#'.repeat(Math.min(6, level + by))} ${title}`);
  return lines.join('\n');
}

/** Lines that say something, without marks and space. */
function tellingLines(text: string): string[] {
  return text
    .split('\n')
    .map((line) =>
      line
        .toLowerCase()
        .replace(/[^\p{L}\p{N}]+/gu, ' ')
        .trim(),
    )
    .filter((line) => line.length > 3);
}

/** Share of a text's telling lines that another text has too; 1 for a text that says nothing. */
export function shareSaidIn(other: string): (text: string) => number {
  const said = new Set(tellingLines(other));
  return (text) => {
    const lines = tellingLines(text);
    return lines.length === 0 ? 1 : lines.filter((line) => said.has(line)).length / lines.length;
  };
}
