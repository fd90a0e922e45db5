// The skill's own exam: `evals/evals.json` in the form of the Agent Skills format, with checks that a shell can run.
import { z } from 'zod';
import { createRedactor, oneLine, parseJson } from '../../lib/index.ts';
import { decodeText, encodeText, parseSkillMd, SKILL_FILE, type SkillFiles } from '../../skills/index.ts';
import type { CaseReport, GateCase } from './verdict.ts';

export const EVALS_FILE = 'evals/evals.json';
/** Evals kept; the oldest go first. */
const MAX_EVALS = 20;

const Eval = z.looseObject({
  id: z.union([z.string(), z.number()]),
  prompt: z.string(),
  expected_output: z.string(),
});
const Evals = z.looseObject({ skill_name: z.string(), evals: z.array(Eval) });

/** The files without the exam: what an agent may see of a skill in a replay. */
export function withoutEvals(files: SkillFiles): SkillFiles {
  return new Map([...files].filter(([path]) => !path.startsWith('evals/')));
}

/** Adds the checks that a reviewer wrote. Checks that came with a task stay out: they may hold its results. */
export function withEvals(
  files: SkillFiles,
  cases: readonly GateCase[],
  reports: readonly CaseReport[],
): SkillFiles {
  const fresh = reports.flatMap((report) => {
    const testCase = cases.find(({ caseId }) => caseId === report.caseId);
    const checks = report.checks.filter(({ origin }) => origin === 'reviewer');
    if (testCase === undefined || checks.length === 0) return [];
    return [toEval(testCase, checks)];
  });
  if (fresh.length === 0) return files;
  const ids = new Set(fresh.map(({ id }) => id));
  const kept = readEvals(files).filter(({ id }) => !ids.has(String(id)));
  const name = parseSkillMd(decodeText(files.get(SKILL_FILE) ?? new Uint8Array()) ?? '').name ?? '';
  const content = { skill_name: name, evals: [...kept, ...fresh].slice(-MAX_EVALS) };
  return new Map([...files, [EVALS_FILE, encodeText(`${JSON.stringify(content, null, 2)}\n`)]]);
}

function toEval(testCase: GateCase, checks: CaseReport['checks']) {
  const redactor = createRedactor();
  const clean = (text: string) => redactor.text(text).replaceAll(testCase.workspace, '.');
  return {
    id: testCase.caseId,
    prompt: oneLine(clean(testCase.task), 2_000),
    expected_output: checks.map(({ name }) => clean(name)).join('; '),
    checks: checks.map(({ name, command }) => ({ name: clean(name), command: clean(command) })),
  };
}

function readEvals(files: SkillFiles): readonly z.output<typeof Eval>[] {
  const content = files.get(EVALS_FILE);
  if (content === undefined) return [];
  // Written by hand and damaged: it is replaced.
  return Evals.safeParse(parseJson(decodeText(content) ?? '')).data?.evals ?? [];
}
