// A task that knows what was said before, and gets context besides.
import { openOpenSpace } from '../src/index.ts';
import { scriptedModel } from '../src/testing.ts';

const model = scriptedModel((request) => {
  const said = request.messages.filter((message) => message.role === 'user').length;
  return `I have read ${said} messages of yours.`;
});

await using openSpace = await openOpenSpace({ model });
const { report } = openSpace.run({
  task: 'And now?',
  history: [
    { role: 'user', text: 'Hello.' },
    { role: 'assistant', text: 'Hello!' },
  ],
  context: 'The user likes short answers.',
});
console.log((await report).answer);
