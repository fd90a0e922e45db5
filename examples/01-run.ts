// One task, its events, its report. A scripted model stands in for a real one; leave `model` out to use yours.
import { openOpenSpace } from '../src/index.ts';
import { scriptedModel } from '../src/testing.ts';

const model = scriptedModel([
  { text: 'I ask the shell.', calls: [{ name: 'run_shell', args: { command: 'pwd' } }] },
  (await import('node:process')).cwd(),
]);

await using openSpace = await openOpenSpace({ model });
const run = openSpace.run({ task: 'Print the working directory.' });
for await (const event of run.events) console.error(event.type);
const report = await run.report;
console.log(`${report.status}: ${report.answer}`);
