// `npm run bench:edits [-- --json]`: edits, fuzzy search, diffs and the safety scan, against the Python original.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { availableParallelism, loadavg } from 'node:os';
import { join } from 'node:path';
import { packSkill, unpackSkill } from '../../src/skills/bundle.ts';
import { diffText } from '../../src/skills/diff.ts';
import { parseFull } from '../../src/skills/edit/full.ts';
import { applyEdit } from '../../src/skills/edit.ts';
import { parseSkillMd, setFrontMatterField } from '../../src/skills/format.ts';
import { fuzzyFind, levenshtein } from '../../src/skills/fuzzy.ts';
import { scanSkill } from '../../src/skills/safety.ts';
import { encodeText } from '../../src/skills/skill-text.ts';
import { originalData } from './data.ts';

interface Measure {
  readonly what: string;
  readonly size: string;
  readonly ms: number;
  /** The original's median on a 2-core Xeon, Python 3.11; undefined where it has nothing alike. */
  readonly originalMs: number | undefined;
}

const measures: Measure[] = [];

/** Median of several runs, after one to warm up; fewer runs where one takes long. */
async function measure(
  what: string,
  size: string,
  originalMs: number | undefined,
  work: () => unknown,
): Promise<void> {
  const times: number[] = [];
  const began = performance.now();
  for (let run = 0; run < 31 && (run < 4 || performance.now() - began < 1_500); run += 1) {
    const start = performance.now();
    await work();
    times.push(performance.now() - start);
  }
  const sorted = times.slice(1).sort((a, b) => a - b);
  measures.push({ what, size, ms: sorted[Math.floor(sorted.length / 2)] ?? Number.NaN, originalMs });
}

const HEAD = '---\nname: bench\ndescription: A text to measure with\n---\n';
const linesOf = (count: number) =>
  Array.from({ length: count }, (_, index) => `line ${index} of the text, number ${index * 7919}`);
const label = (count: number) => `${count.toLocaleString('en-US')} lines`;

async function benchText(count: number, original: Record<string, number>): Promise<void> {
  const lines = linesOf(count);
  const text = `${HEAD}${lines.join('\n')}\n`;
  const changed = lines.map((line, index) => (index % 100 === 50 ? `changed ${index}` : line));
  const after = `${HEAD}${changed.join('\n')}\n`;
  const size = label(count);
  const files = new Map([['SKILL.md', encodeText(text)]]);
  const picked = Array.from({ length: 10 }, (_, index) => Math.floor(((index + 0.5) * count) / 10));
  const hunks = (indent: string) =>
    picked.map((at) => `@@\n-${indent}${lines[at]}\n+changed ${at}\n`).join('');
  const patch = (indent: string) =>
    `*** Begin Patch\n*** Update File: SKILL.md\n${hunks(indent)}*** End Patch`;
  const blocks = picked
    .map((at) => `<<<<<<< SEARCH\n${lines[at]}\n=======\nchanged ${at}\n>>>>>>> REPLACE\n`)
    .join('');
  const mustApply = (reply: string) => {
    const result = applyEdit(files, reply);
    if (!result.ok) throw new Error(result.error);
  };
  const last = lines.at(-2) ?? '';
  const end = lines.at(-1) ?? '';

  await measure('fuzzy: exact', size, original.exact, () => fuzzyFind(text, end));
  await measure('fuzzy: trimmed lines', size, original.trimmed, () => fuzzyFind(text, `  ${last}\n  ${end}`));
  await measure('fuzzy: white space', size, original.space, () =>
    fuzzyFind(text, `${last.replaceAll(' ', '  ')}\n${end.replaceAll(' ', '  ')}`),
  );
  await measure('fuzzy: miss', size, original.miss, () =>
    fuzzyFind(text, 'no such line\nnor this one\nnor that'),
  );
  await measure('fuzzy: near miss', size, original.miss, () =>
    fuzzyFind(text, `${last}\nno such line\n${lines[0]}`),
  );
  await measure('PATCH, 10 hunks', size, original.patch, () => mustApply(patch('')));
  await measure('PATCH, 10 hunks, other indent', size, original.patchStrip, () => mustApply(patch('    ')));
  await measure('SEARCH/REPLACE, 10 blocks', size, original.blocks, () => mustApply(blocks));
  await measure('FULL', size, undefined, () => mustApply(after));
  await measure('diff, 1% changed', size, original.diff, () => diffText(text, after));
  await measure('diff, all added', size, original.diffAll, () => diffText('', text));
  await measure('front-matter edit', size, undefined, () => setFrontMatterField(text, ['description'], 'x'));
}

async function benchHostile(): Promise<void> {
  for (const [count, originalMs] of [
    [1_000, 20],
    [8_000, 1_006],
    [64_000, undefined],
  ] as const) {
    const text = 'start\nx\n'.repeat(count / 2);
    await measure('fuzzy: ends everywhere', label(count), originalMs, () =>
      fuzzyFind(text, 'start\nq\nnever'),
    );
  }
  await measure('levenshtein', '1,600 letters', 772, () => levenshtein('ab'.repeat(800), 'bc'.repeat(800)));
  const few = Array.from({ length: 100_000 }, (_, index) => (index % 3 === 0 ? '' : `w${(index * 7) % 50}`));
  const fewAfter = few.map((line, index) => (index % 100 === 50 ? `changed ${index}` : line));
  await measure('diff, few different lines', label(100_000), undefined, () =>
    diffText(few.join('\n'), fewAfter.join('\n')),
  );
  const many = Array.from(
    { length: 1_000 },
    (_, index) => `*** File: f${index}.md\n${'text\n'.repeat(50)}`,
  ).join('');
  await measure('FULL, parse', '1,000 files', 16, () => parseFull(many));
}

/** The original's library: 203 skills. */
async function benchSkills(): Promise<void> {
  const root = join(originalData(), 'gdpval-skills');
  if (!existsSync(root)) {
    process.stderr.write(
      'SKIPPED the 203 skills: set OPENSPACE_TEST_DATA to the folder with the original’s libraries\n',
    );
    return;
  }
  const skills = readdirSync(root).map((name) => readFileSync(join(root, name, 'SKILL.md')));
  const texts = skills.map((bytes) => bytes.toString('utf8'));
  const maps = skills.map((bytes) => new Map([['SKILL.md', new Uint8Array(bytes)]]));
  await measure('safety scan', '203 skills', 268, () => maps.map(scanSkill));
  await measure('read SKILL.md', '203 skills', undefined, () => texts.map(parseSkillMd));
  const files = new Map(
    Array.from({ length: 1_000 }, (_, index) => [`f${index}.md`, encodeText(`text ${index}\n`)]),
  );
  const packed = await packSkill(files);
  await measure('unpack', '1,000 files', 100, () => unpackSkill(packed));
}

await benchText(1_000, {
  exact: 0.05,
  trimmed: 0.39,
  space: 7.41,
  miss: 11,
  patch: 0.62,
  patchStrip: 6.55,
  blocks: 0.31,
  diff: 1.82,
  diffAll: 0.44,
});
await benchText(10_000, {
  exact: 0.26,
  trimmed: 2.97,
  space: 72,
  miss: 107,
  patch: 5.52,
  patchStrip: 63,
  blocks: 1.81,
  diff: 131,
  diffAll: 3.78,
});
await benchText(100_000, {
  exact: 3.31,
  trimmed: 32,
  space: 703,
  miss: 1_105,
  patch: 57,
  patchStrip: 648,
  blocks: 25,
  diff: 15_300,
  diffAll: 105,
});
await benchHostile();
await benchSkills();

if (process.argv.includes('--json')) {
  console.log(
    JSON.stringify(
      measures.map(({ what, size, ms, originalMs }) => ({
        what,
        size,
        ms,
        original_ms: originalMs ?? null,
        ratio: originalMs === undefined ? null : originalMs / ms,
      })),
      null,
      2,
    ),
  );
} else {
  const [load = 0] = loadavg();
  if (load > availableParallelism())
    console.log(
      `The machine is busy (load ${load.toFixed(1)} on ${availableParallelism()} cores): times are longer than they should be.\n`,
    );
  const number = (value: number) => value.toFixed(value < 10 ? 2 : value < 100 ? 1 : 0);
  console.log(
    `${'what'.padEnd(32)}${'size'.padEnd(16)}${'ms'.padStart(10)}${'original ms'.padStart(14)}${'faster'.padStart(10)}`,
  );
  for (const { what, size, ms, originalMs } of measures)
    console.log(
      what.padEnd(32) +
        size.padEnd(16) +
        number(ms).padStart(10) +
        (originalMs === undefined ? '–' : number(originalMs)).padStart(14) +
        (originalMs === undefined ? '' : `${number(originalMs / ms)}×`).padStart(10),
    );
}
