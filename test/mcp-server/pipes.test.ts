// The server with its bare pipes: garbage, messages too large, a client that is gone, and not one stray byte.
import { afterEach, expect, it, vi } from 'vitest';
import { makeUser, type TestUser } from '../support/cli.ts';
import { expectOnlyProtocol, initialize, type RawServer, startRaw, toolCall } from './support.ts';

vi.setConfig({ testTimeout: 60_000 }); // each starts a server
const cleanups: (() => void)[] = [];
afterEach(() => {
  for (const clean of cleanups.splice(0).reverse()) clean();
});

function start(): { server: RawServer; user: TestUser } {
  const user = makeUser();
  const server = startRaw(user);
  cleanups.push(() => {
    server.child.kill('SIGKILL');
    user.remove();
  });
  return { server, user };
}

it('goes on after garbage, ignores cancels of what it does not know, and ends with 0 when stdin closes', async () => {
  const { server } = start();
  server.send(initialize);
  await server.answer(1);
  server.send('this is no JSON');
  server.send('{"jsonrpc":"2.0"');
  server.send({ nothing: 'here' });
  for (const requestId of [1, 0, 'unknown'])
    server.send({ jsonrpc: '2.0', method: 'notifications/cancelled', params: { requestId } });
  server.send(toolCall(2, 'list_tasks', {}));
  expect(await server.answer(2)).toHaveProperty('result.content');
  server.child.stdin.end();
  expect(await server.exited).toBe(0);
  expectOnlyProtocol(server.stdout());
});

it.each(['SIGTERM', 'SIGINT'] as const)('ends with 0 on %s', async (signal) => {
  const { server } = start();
  server.send(initialize);
  await server.answer(1);
  server.child.kill(signal);
  expect(await server.exited).toBe(0);
  expectOnlyProtocol(server.stdout());
});

it('ends on a message that is too large, without growing or writing anything else', async () => {
  const { server } = start();
  server.send(initialize);
  await server.answer(1);
  server.child.stdin.write('x'.repeat(11 * 2 ** 20));
  expect(await server.exited).toBe(0);
  expectOnlyProtocol(server.stdout());
});
