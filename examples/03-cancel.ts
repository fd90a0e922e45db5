// A run can be cancelled; what it had until then is in the report.
import { openOpenSpace } from '../src/index.ts';
import { scriptedModel } from '../src/testing.ts';

const model = scriptedModel(() => ({
  text: 'This takes long.',
  calls: [{ name: 'run_shell', args: { command: 'sleep 60' } }],
}));

await using openSpace = await openOpenSpace({ model });
const run = openSpace.run({ task: 'Wait for a minute.' });
for await (const event of run.events) if (event.type === 'tool-start') run.cancel();
console.log((await run.report).status);
