// `npm run bench:replay`: a recorded run without a prepared check, replayed in the sandbox in three arms. See evals/world/replay-example.ts.
import { runReplayExample } from '../../evals/world/replay-example.ts';

const sandbox = process.argv.includes('--without-sandbox') ? 'off' : 'required';
const { stored, storedBytes, verdict, evals, recorded, purposes, newCases, learning } =
  await runReplayExample(sandbox);
const [testCase] = verdict.report.cases;
if (testCase === undefined || testCase.arms.length === 0) {
  console.error(verdict.report.missing.join('\n') || testCase?.note || 'There was nothing to replay.');
  process.exit(1);
}
console.log(`# A recorded run, replayed ${sandbox === 'required' ? 'in the sandbox' : 'without a sandbox'}

Task: ${stored?.task.replaceAll('\n', ' ')}
Recorded: ${recorded.passed ? 'done' : 'not done'}, ${recorded.turns} turns, ${recorded.tokens} tokens.

## What was stored
${stored?.files.map((file) => `- ${file.path}${file.type === 'file' ? `, ${file.size} bytes` : ''}`).join('\n')}

${storedBytes} bytes in ${stored?.files.length} files. Left out: ${stored?.left_out.length}.

## The checks that the reviewer wrote, as they stand in the skill
\`\`\`json
${evals.trim().replaceAll(recorded.runId, 'run_…')}
\`\`\`

## Three arms
| arm | passed | turns | tokens |
|---|---|---:|---:|
${testCase.arms.map(({ arm, passed, runs, turns, tokens }) => `| ${arm} | ${passed} of ${runs} | ${turns} | ${tokens} |`).join('\n')}

The case is ${testCase.result}. Decision: ${verdict.decision}. ${verdict.reasons.join(' ')}

## Not learnt from, not counted
Recordings: ${purposes.length}, of purpose ${[...new Set(purposes)].join(' and ')}. New cases from replays: ${newCases}.
All offered to learning: it learns from ${learning.learntFrom.length} (${learning.learntFrom.join(', ')}) and counts ${learning.selections} use of the skill, the recorded run's own.`);
