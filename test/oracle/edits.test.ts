// The original's recorded edits: formats, patches, SEARCH/REPLACE, fuzzy search, diffs.
import { diffFiles, diffText } from '../../src/skills/diff.ts';
import { parseFull } from '../../src/skills/edit/full.ts';
import { type PatchOperation, parsePatch } from '../../src/skills/edit/patch.ts';
import { applyHunks } from '../../src/skills/edit/patch-apply.ts';
import { EditError } from '../../src/skills/edit/paths.ts';
import { detectEditFormat, stripFence, takeChangeSummary } from '../../src/skills/edit/reply.ts';
import { applySearchBlocks, parseSearchBlocks } from '../../src/skills/edit/search-replace.ts';
import { applyEdit } from '../../src/skills/edit.ts';
import { fuzzyFind, fuzzyFindAll, fuzzyFindOne, levenshtein } from '../../src/skills/fuzzy.ts';
import { decodeText, encodeText } from '../../src/skills/skill-text.ts';
import { describeOracle, REFUSED, textOf } from './cases.ts';

function orRefused<T>(work: () => T): T | typeof REFUSED {
  try {
    return work();
  } catch (error) {
    if (error instanceof EditError) return REFUSED;
    throw error;
  }
}

/** An operation in the original's words. */
function recorded(operation: PatchOperation) {
  const base = { path: operation.path, contents: '', move_path: null, chunks: [] };
  if (operation.type === 'add') return { ...base, type: 'add', contents: operation.content };
  if (operation.type === 'delete') return { ...base, type: 'delete' };
  return {
    ...base,
    type: 'update',
    move_path: operation.moveTo ?? null,
    chunks: operation.hunks.map((hunk) => ({
      old: hunk.lines.filter((line) => line.mark !== '+').map((line) => line.text),
      new: hunk.lines.filter((line) => line.mark !== '-').map((line) => line.text),
      context: hunk.anchor ?? null,
      eof: hunk.isAtEnd,
    })),
  };
}

describeOracle('detect_type', ({ content }) => {
  const format = detectEditFormat(textOf(content));
  return format === 'search-replace' ? 'diff' : format;
});

describeOracle('parse_full', ({ content }) => Object.fromEntries(parseFull(textOf(content))));

describeOracle('parse_patch', ({ patch }) => orRefused(() => parsePatch(textOf(patch)).map(recorded)));

describeOracle('apply_update', ({ original, patch }) =>
  orRefused(() => {
    const [operation] = parsePatch(textOf(patch));
    if (operation?.type !== 'update') throw new EditError('not an update');
    return applyHunks(textOf(original), operation.hunks, operation.path);
  }),
);

describeOracle(
  'search_replace',
  ({ patch, original, strict }) => {
    const { blocks } = parseSearchBlocks(textOf(patch));
    const text = textOf(original);
    if (strict === true) {
      const result = applySearchBlocks(text, blocks, 'SKILL.md');
      return { ...result, error: result.error !== undefined };
    }
    // Leaving out what can't be placed is not something we offer; block by block it comes to the same.
    let current = text;
    let applied = 0;
    for (const block of blocks) {
      const result = applySearchBlocks(current, [block], 'SKILL.md');
      current = result.text;
      applied += result.applied;
    }
    return { text: current, applied, error: false };
  },
  ({ expected }) => {
    const result = expected as { text: string; applied: number; error: string | null };
    return { ...result, error: result.error !== null };
  },
);

type TreeValue = string | { b64: string };

function filesOf(tree: Record<string, TreeValue>): Map<string, Uint8Array> {
  return new Map(
    Object.entries(tree)
      .filter(([path]) => path !== '.skill_id') // sidecars are never among a skill's files
      .map(([path, value]) => [
        path,
        typeof value === 'string' ? encodeText(value) : new Uint8Array(Buffer.from(value.b64, 'base64')),
      ]),
  );
}

function textsOf(files: ReadonlyMap<string, Uint8Array>): Record<string, string> {
  const texts = [...files].map(([path, bytes]) => [path, decodeText(bytes)] as const);
  return Object.fromEntries(texts.flatMap(([path, text]) => (text === undefined ? [] : [[path, text]])));
}

describeOracle(
  'apply_dir',
  ({ files, patch, op, sources }) => {
    // A new skill starts from nothing, and so does a merge of several parents.
    const isEmpty = op === 'create' || (Array.isArray(sources) && sources.length > 0);
    const before = isEmpty
      ? new Map<string, Uint8Array>()
      : filesOf((files ?? {}) as Record<string, TreeValue>);
    const result = applyEdit(before, textOf(patch).replaceAll('<ROOT>', '/somewhere')); // recorded with a real path
    return result.ok ? textsOf(result.files) : REFUSED;
  },
  ({ expected }) => {
    const result = expected as { ok: boolean; snapshot: unknown };
    return result.ok ? result.snapshot : REFUSED;
  },
);

describeOracle('fuzzy_find', ({ content, find }) => {
  const text = textOf(content);
  const match = fuzzyFind(text, textOf(find));
  return match === undefined
    ? { match: '', pos: -1 }
    : { match: text.slice(match.start, match.end), pos: Array.from(text.slice(0, match.start)).length };
});

describeOracle('fuzzy_replace', ({ content, old, new: put, replace_all: everywhere }) => {
  const text = textOf(content);
  const insert = textOf(put);
  if (everywhere === true) {
    const first = fuzzyFindAll(text, textOf(old))?.matches[0];
    return first === undefined ? REFUSED : text.replaceAll(text.slice(first.start, first.end), () => insert);
  }
  const found = fuzzyFindOne(text, textOf(old));
  if (found === undefined || 'ambiguous' in found) return REFUSED;
  return text.slice(0, found.match.start) + insert + text.slice(found.match.end);
});

describeOracle('levenshtein', ({ a, b }) => levenshtein(textOf(a), textOf(b)));

describeOracle('unified_diff', ({ a, b }) => {
  const hunks = diffText(textOf(a), textOf(b));
  return hunks === '' ? '' : `--- a/SKILL.md\n+++ b/SKILL.md\n${hunks}`;
});

describeOracle('files_diff', ({ old, new: now }) =>
  diffFiles(filesOf((old ?? {}) as Record<string, string>), filesOf((now ?? {}) as Record<string, string>)),
);

describeOracle('strip_fences', ({ text }) => stripFence(textOf(text)));

describeOracle('change_summary', ({ content }) => {
  const { text, summary } = takeChangeSummary(textOf(content));
  return { content: text, summary };
});
