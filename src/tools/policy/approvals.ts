// Remembered decisions: what a person has said "always" or "never" to. The only owner of their file.
import { z } from 'zod';
import {
  OpenSpaceError,
  readTextIfPresent,
  realWorld,
  type World,
  writeFileAtomic,
} from '../../lib/index.ts';

const approvalSchema = z.object({
  id: z.string(),
  /** Folder in which it holds. */
  workspace: z.string(),
  decision: z.enum(['allow', 'deny']),
  /** What kind of thing: the same word as in a rule. */
  about: z.enum(['tool', 'command', 'host', 'server', 'path']),
  value: z.string(),
  at: z.string(),
});
const fileSchema = z.object({ version: z.literal(1), approvals: z.array(approvalSchema) });

export type Approval = z.output<typeof approvalSchema>;
export type NewApproval = Omit<Approval, 'id' | 'at'>;

/** Decisions that outlive a run. Read anew at each use: another process may have revoked one. */
export interface Approvals {
  list(): readonly Approval[];
  remember(approval: NewApproval): Approval;
  /** Forgets one. Throws `not-found`. */
  revoke(id: string): Approval;
}

/** Opens `approvals.json` in the data home. Throws `config` if it can't be understood: a policy is never dropped silently. */
export function openApprovals(path: string, world: World = realWorld): Approvals {
  const read = (): readonly Approval[] => {
    const text = readTextIfPresent(path);
    if (text === undefined) return [];
    const parsed = fileSchema.safeParse(parseJson(text, path));
    if (parsed.success) return parsed.data.approvals;
    throw damaged(path);
  };
  const write = (approvals: readonly Approval[]) =>
    writeFileAtomic(path, `${JSON.stringify({ version: 1, approvals }, null, 2)}\n`, { mode: 0o600 });
  read();
  return {
    list: read,
    remember(approval) {
      const same = (other: Approval) =>
        other.workspace === approval.workspace &&
        other.about === approval.about &&
        other.value === approval.value;
      const added = { ...approval, id: world.randomHex(4), at: world.now().toISOString() };
      write([...read().filter((other) => !same(other)), added]);
      return added;
    },
    revoke(id) {
      const all = read();
      const found = all.find((approval) => approval.id === id);
      if (found === undefined) {
        throw new OpenSpaceError('not-found', `There is no remembered decision ${id}.`, {
          hint: 'openspace config approvals lists them.',
        });
      }
      write(all.filter((approval) => approval !== found));
      return found;
    },
  };
}

function parseJson(text: string, path: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    if (error instanceof SyntaxError) throw damaged(path);
    throw error;
  }
}

const damaged = (path: string) =>
  new OpenSpaceError('config', `The remembered decisions in ${path} can't be read.`, {
    hint: 'Correct the file, or remove it to be asked again.',
  });
