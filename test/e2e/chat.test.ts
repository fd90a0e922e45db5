// The conversation, over a pipe and on a real terminal.
import { spawnSync } from 'node:child_process';
import { afterAll, describe, expect, it } from 'vitest';
import { bin, makeUser, runCli, type TestUser } from '../support/cli.ts';
import { startModelServer } from '../support/model-server.ts';
import { describeWith } from '../support/needs.ts';

const users: TestUser[] = [];
const newUser = () => {
  const user = makeUser();
  users.push(user);
  return user;
};
afterAll(() => {
  for (const user of users) user.remove();
});

const environment = (base: string) => ({
  OPENSPACE_MODEL: 'openrouter/anthropic/claude-sonnet-4.5',
  OPENROUTER_API_KEY: 'sk-or-v1-0123456789abcdef',
  OPENSPACE_LLM_API_BASE: base,
});

describe('chat over a pipe', () => {
  it('answers each line, remembers what was said, joins lines that end with a backslash, and leaves at the end', async () => {
    await using server = await startModelServer({ replies: (_request, turn) => `answer ${turn}` });
    const stdin = 'first question\n\nsecond \\\nquestion\n';
    const { code, stdout } = await runCli(newUser(), [], { env: environment(server.baseUrl), stdin });
    expect([code, stdout]).toEqual([0, 'answer 1\nanswer 2\n']);
    const asked = server.chats.map((request) => JSON.stringify(request.body.messages));
    expect(asked[1]).toContain('first question');
    expect(asked[1]).toContain('answer 1');
    expect(asked[1]).toContain('second \\nquestion');
  });

  it('/new forgets, /exit leaves, unknown commands are no tasks', async () => {
    await using server = await startModelServer({ replies: (_request, turn) => `answer ${turn}` });
    const stdin = 'first question\n/new\n/frobnicate\nsecond question\n/exit\nnever asked\n';
    const { code, stdout, stderr } = await runCli(newUser(), [], { env: environment(server.baseUrl), stdin });
    expect([code, stdout, server.chats.length]).toEqual([0, 'answer 1\nanswer 2\n', 2]);
    expect(JSON.stringify(server.chats[1]?.body)).not.toContain('first question');
    expect(stderr).toContain('There is no command /frobnicate');
  });

  it('a failed message does not end the conversation', async () => {
    const { fault } = await import('../support/model-server.ts');
    await using server = await startModelServer({
      replies: (_request, turn) => (turn === 1 ? fault.status(400) : 'fine now'),
    });
    const { code, stdout } = await runCli(newUser(), [], {
      env: environment(server.baseUrl),
      stdin: 'one\ntwo\n',
    });
    expect([code, stdout]).toEqual([0, 'fine now\n']);
  });
});

describeWith(['tmux'], 'chat on a terminal', () => {
  const tmux = (...args: string[]) =>
    spawnSync('tmux', ['-L', `openspace-${process.pid}`, ...args], { encoding: 'utf8' });
  const screen = () => tmux('capture-pane', '-p', '-t', 'chat').stdout;
  const see = async (text: string | RegExp) => {
    const end = Date.now() + 20_000;
    while (!screen().match(text)) {
      if (Date.now() > end) throw new Error(`"${text}" did not appear on:\n${screen()}`);
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  };
  afterAll(() => tmux('kill-server'));

  it('shows a prompt and live steps; Ctrl-C cancels what runs and not the chat; arrow up recalls; Ctrl-D leaves', async () => {
    await using server = await startModelServer({
      replies: (request) =>
        JSON.stringify(request.body.messages.at(-1)).includes('wait')
          ? { calls: [{ name: 'run_shell', args: { command: 'sleep 30' } }] }
          : 'Good day.',
    });
    const user = newUser();
    const env = Object.entries({ ...environment(server.baseUrl), HOME: user.home }).map(
      ([name, value]) => `${name}='${value}'`,
    );
    tmux(
      'new-session',
      '-d',
      '-s',
      'chat',
      '-x',
      '100',
      '-y',
      '30',
      '-c',
      user.project,
      `env ${env.join(' ')} ${process.execPath} ${bin}; echo left with $?; cat`,
    );
    await see(/openspace .*claude-sonnet-4\.5 in .*\/help/);
    tmux('send-keys', '-t', 'chat', 'hello', 'Enter');
    await see('Good day.');
    tmux('send-keys', '-t', 'chat', 'please wait', 'Enter');
    await see(/run_shell sleep 30 · turn 1/);
    tmux('send-keys', '-t', 'chat', 'C-c');
    await see('cancelled');
    tmux('send-keys', '-t', 'chat', 'Up');
    await see(/› please wait$/m);
    tmux('send-keys', '-t', 'chat', 'C-u');
    tmux('send-keys', '-t', 'chat', 'C-d');
    await see('left with 0');
  });
});
