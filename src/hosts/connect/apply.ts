// Carries a plan out: receipt, backups, files, skills. Each file is written only if it is still as planned.
import { rmdirSync, rmSync } from 'node:fs';
import { basename } from 'node:path';
import { errnoOf, isAbsent, writeFileAtomic } from '../../lib/index.ts';
import { writeHostFile } from './host-file.ts';
import type { Plan } from './plan.ts';
import { backUp, removeReceipt, writeReceipt } from './receipt.ts';

/** True if carrying the plan out would change anything. */
export const changesAnything = ({ files, skills }: Plan) =>
  files.some(({ before, after }) => before !== after) ||
  skills.some(({ action }) => action === 'write' || action === 'remove');

/** Throws `stale-head` if a file was changed since the plan was made. Returns where the old files are kept. */
export function applyPlan(plan: Plan, home: string, now: Date): { readonly backups: readonly string[] } {
  // The receipt comes first and goes last: a crash in between leaves something that disconnect can finish.
  if (plan.receipt !== undefined) writeReceipt(home, plan.receipt);
  const backups: string[] = [];
  for (const { file, before, after } of plan.files) {
    if (before === after) continue;
    if (before !== undefined) backups.push(backUp(home, plan.host.id, basename(file), before, now));
    writeHostFile(file, before, after);
  }
  for (const { file, action, content } of plan.skills) {
    if (action === 'write') writeFileAtomic(file, content);
    if (action === 'remove') rmSync(file, { force: true });
  }
  for (const folder of plan.emptyFolders) removeIfEmpty(folder);
  if (plan.kind === 'disconnect') removeReceipt(home, plan.host.id);
  return { backups };
}

function removeIfEmpty(folder: string): void {
  try {
    rmdirSync(folder);
  } catch (error) {
    const code = errnoOf(error);
    if (code !== 'ENOTEMPTY' && code !== 'EEXIST' && !isAbsent(error)) throw error;
  }
}
