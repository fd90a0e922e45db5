// What the skills commands share: opening the library, naming skills and versions, findings, tables, JSON.
import { type LibraryHandles, openLibraryOf } from '../../../engine/index.ts';
import { OpenSpaceError } from '../../../lib/index.ts';
import type {
  Change,
  CommitResult,
  Finding,
  Library,
  Severity,
  Skill,
  Version,
  VersionState,
} from '../../../skills/index.ts';
import { colors as pc } from '../../colors.ts';
import type { CliContext } from '../../context.ts';

/** Who changes skills from the command line. */
export const AUTHOR = 'user';

export interface JsonFlag {
  readonly json?: boolean;
}

/** Runs `body` with the open library, brought up to date with the disk, and closes it. */
export async function withLibrary<T>(
  context: CliContext,
  body: (handles: LibraryHandles) => Promise<T> | T,
): Promise<T> {
  const handles = openLibraryOf(await context.loadConfig());
  try {
    const report = await handles.library.sync();
    for (const folder of report.recovered.finished)
      context.stderr(`${pc.dim('note: ')} finished what an interrupted change left: ${folder}\n`);
    for (const finding of report.problems) context.stderr(`${describeFinding(finding)}\n`);
    return await body(handles);
  } finally {
    handles.close();
  }
}

/** A version of a skill by its number (`3`, `v3`) or its id. */
export function pickVersion(library: Library, skill: Skill, text: string): Version {
  const versions = library.versions(skill.skillId);
  const number = /^v?(\d+)$/.exec(text)?.[1];
  const found = versions.find((version) =>
    number === undefined ? version.versionId === text : version.number === Number(number),
  );
  if (found !== undefined) return found;
  throw new OpenSpaceError('not-found', `"${skill.name}" has no version ${text}.`, {
    hint: `See its versions: openspace skills log ${skill.name}`,
  });
}

/** The version that a skill shows: its head, else its trial, else its newest. */
export function shownVersion(library: Library, skill: Skill): Version {
  const id = skill.head ?? skill.trial ?? library.versions(skill.skillId)[0]?.versionId;
  return library.getVersion(id ?? '');
}

export const STATE_COLOURS: Record<VersionState, (text: string) => string> = {
  trusted: pc.green,
  trial: pc.cyan,
  candidate: pc.yellow,
  rejected: pc.red,
  retired: pc.dim,
};

/** One word for how a skill stands. */
export function standing(skill: Skill): { text: string; colour: (text: string) => string } {
  if (skill.archived) return { text: 'archived', colour: pc.dim };
  if (skill.quarantined) return { text: 'quarantined', colour: pc.red };
  if (skill.head !== undefined) return { text: 'trusted', colour: pc.green };
  if (skill.trial !== undefined) return { text: 'trial', colour: pc.cyan };
  return { text: 'not ready', colour: pc.yellow };
}

const SEVERITY: Record<Severity, string> = {
  info: pc.dim('info'),
  warn: pc.yellow('warning'),
  quarantine: pc.red('quarantine'),
  block: pc.red('error'),
};

/** A finding in one or two lines. */
export function describeFinding({ severity, rule, message, file, line, hint }: Finding): string {
  const place = file === undefined ? '' : `${file}${line === undefined ? '' : `:${line}`}: `;
  const text = `${SEVERITY[severity]}${pc.dim(':')} ${place}${message} ${pc.dim(`(${rule})`)}`;
  return hint === undefined ? text : `${text}\n  ${pc.dim(hint)}`;
}

/** What a commit came to; throws what the user can act on. */
export function requireCommitted(result: CommitResult, doing: string): CommitResult & { ok: true } {
  if (result.ok) return result;
  const [first] = result.findings.filter(({ severity }) => severity === 'block');
  const finding = first ?? result.findings[0];
  const code = result.reason === 'unchanged' ? 'already-exists' : result.reason;
  throw new OpenSpaceError(code, `${doing}: ${finding?.message ?? result.reason}.`, { hint: finding?.hint });
}

/** Rows as columns that line up; the last column is not padded. */
export function table(rows: readonly (readonly Cell[])[]): string {
  const widths: number[] = [];
  for (const row of rows)
    row.forEach((cell, column) => {
      widths[column] = Math.max(widths[column] ?? 0, displayWidth(textOf(cell)));
    });
  return rows
    .map((row) => {
      const cells = row.map((cell, column) => {
        const text = textOf(cell);
        const gap = column === row.length - 1 ? '' : ' '.repeat((widths[column] ?? 0) - displayWidth(text));
        return `${typeof cell === 'string' ? text : cell.colour(text)}${gap}`;
      });
      return `${cells.join('  ').trimEnd()}\n`;
    })
    .join('');
}

/** A text, or one with a colour that does not count as width. */
export type Cell = string | { readonly text: string; readonly colour: (text: string) => string };

const textOf = (cell: Cell) => (typeof cell === 'string' ? cell : cell.text);

/** Columns a text takes on a terminal: CJK and emoji take two. */
function displayWidth(text: string): number {
  let width = 0;
  for (const character of text) {
    const code = character.codePointAt(0) ?? 0;
    const wide =
      (code >= 0x1100 && code <= 0x115f) ||
      (code >= 0x2e80 && code <= 0xa4cf) ||
      (code >= 0xac00 && code <= 0xd7a3) ||
      (code >= 0xf900 && code <= 0xfaff) ||
      (code >= 0xfe30 && code <= 0xfe6f) ||
      (code >= 0xff00 && code <= 0xff60) ||
      code >= 0x1f300;
    width += wide ? 2 : 1;
  }
  return width;
}

/** `2026-03-16 10:21`, in UTC. */
export const formatTime = (iso: string) => iso.slice(0, 16).replace('T', ' ');

/** `1.2 kB`. */
export function formatBytes(bytes: number): string {
  if (bytes < 1000) return `${bytes} B`;
  return bytes < 1_000_000 ? `${(bytes / 1000).toFixed(1)} kB` : `${(bytes / 1_000_000).toFixed(1)} MB`;
}

export function printJson(context: CliContext, value: unknown): void {
  context.stdout(`${JSON.stringify(value, null, 2)}\n`);
}

export function skillToJson(skill: Skill) {
  return {
    skill_id: skill.skillId,
    name: skill.name,
    description: skill.description,
    tags: skill.tags,
    head: skill.head ?? null,
    trial: skill.trial ?? null,
    folder: skill.folder ?? null,
    archived: skill.archived,
    pinned: skill.pinned,
    quarantined: skill.quarantined,
  };
}

export function versionToJson(version: Version) {
  return {
    version_id: version.versionId,
    skill_id: version.skillId,
    number: version.number,
    name: version.name,
    description: version.description,
    origin: version.origin,
    parents: version.parents,
    state: version.state,
    files_hash: version.filesHash,
    reason: version.reason,
    author: version.author,
    evidence: version.evidence,
    created_at: version.createdAt,
  };
}

export function changeToJson(change: Change) {
  return {
    change_id: change.changeId,
    action: change.action,
    version_id: change.versionId ?? null,
    author: change.author,
    reason: change.reason,
    undoes: change.undoes ?? null,
    created_at: change.createdAt,
  };
}
