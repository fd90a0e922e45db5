// Recorded runs as cases: the kept start of a run, what it worked with, and its checks.
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import {
  isPlainRelativePath,
  OpenSpaceError,
  parseJson,
  readTextIfPresent,
  writeFileAtomic,
} from '../lib/index.ts';
import { openRecording, runsFolder } from '../recording/index.ts';
import { listCases, type ReplayCase } from '../workspace/index.ts';
import type { CaseShelf, Check, GateCase } from './gate/verdict.ts';

const ChecksFile = z.object({
  version: z.literal(1),
  checks: z.array(z.object({ name: z.string(), command: z.string(), origin: z.enum(['task', 'reviewer']) })),
});

const checksPath = (dataHome: string, runId: string) => join(dataHome, 'cases', 'checks', `${runId}.json`);

/** The cases of a data home. Replays are no cases, and neither are runs whose recording is gone. */
export function openCaseShelf(dataHome: string): CaseShelf {
  return {
    list: () => listCases(dataHome).flatMap((kept) => toGateCase(dataHome, kept)),
    keepChecks: (caseId, checks) => keepChecks(dataHome, caseId, checks),
  };
}

function toGateCase(dataHome: string, kept: ReplayCase): readonly GateCase[] {
  const versionIds = versionsOf(dataHome, kept.run_id);
  if (versionIds === undefined) return [];
  return [
    {
      caseId: kept.run_id,
      task: kept.task,
      workspace: kept.workspace,
      versionIds,
      checks: readChecks(dataHome, kept.run_id),
    },
  ];
}

/** Versions that a run was given or fetched; undefined if it is no recorded task. */
function versionsOf(dataHome: string, runId: string): readonly string[] | undefined {
  try {
    const { header, events } = openRecording(join(runsFolder(dataHome), runId));
    if (header.purpose !== 'task') return undefined;
    const ids = events.flatMap((event) => {
      if (event.type === 'attempt-start') return event.skills.map(({ versionId }) => versionId);
      return event.type === 'skill-retrieved' ? [event.skill.versionId] : [];
    });
    return [...new Set(ids)];
  } catch (error) {
    if (error instanceof OpenSpaceError) return undefined; // pruned, or damaged: no case
    throw error;
  }
}

/** Checks known for a run: those that came with the task, or those that a reviewer wrote. */
export function readChecks(dataHome: string, runId: string): readonly Check[] {
  const text = isPlainRelativePath(runId) ? readTextIfPresent(checksPath(dataHome, runId)) : undefined;
  if (text === undefined) return [];
  const parsed = ChecksFile.safeParse(parseJson(text));
  if (parsed.success) return parsed.data.checks;
  rmSync(checksPath(dataHome, runId), { force: true }); // damaged: a reviewer writes them anew
  return [];
}

/** Keeps checks for a run. A program that knows how to tell whether its task was done hands them over with this. */
export function keepChecks(dataHome: string, runId: string, checks: readonly Check[]): void {
  if (!isPlainRelativePath(runId)) throw new OpenSpaceError('not-found', `There is no run ${runId}.`);
  writeFileAtomic(checksPath(dataHome, runId), `${JSON.stringify({ version: 1, checks })}\n`, {
    mode: 0o600,
  });
}
