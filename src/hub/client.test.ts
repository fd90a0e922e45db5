// The client and its publishing against a server that behaves as the original's cloud does.
import { createServer } from 'node:http';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type OriginalCloud, startOriginalCloud } from '../../test/hub/original-cloud.ts';
import { apiUrlOf, createHubClient, type HubClient } from './client.ts';
import { publishSkill } from './publish.ts';

let cloud: OriginalCloud;
let client: HubClient;
const signal = new AbortController().signal;
beforeAll(async () => {
  cloud = await startOriginalCloud();
  client = createHubClient({ baseUrl: cloud.apiUrl, apiKey: cloud.key, signal, retryDelayMs: 1 });
});
afterAll(() => cloud.close());

const skill = (name: string, body: string, extra: Record<string, string> = {}) =>
  new Map(
    Object.entries({
      'SKILL.md': `---\nname: ${name}\ndescription: Does ${name}\n---\n${body}\n`,
      ...extra,
    }).map(([path, text]): [string, Uint8Array] => [path, new TextEncoder().encode(text)]),
  );

it('a published skill is what the cloud expects: header, field names, types, private unless said otherwise', async () => {
  const files = skill('first', 'x', {
    'scripts/run.py': 'print(1)',
    'logo.bin': '\0',
    '.skill_id': 'first__v1_00000000',
  });
  const result = await publishSkill(client, { files, fallbackName: 'x' });
  expect(result).toMatchObject({
    status: 'success',
    action: 'created',
    visibility: 'private',
    origin: 'imported',
    file_count: 3,
    name: 'first',
  });
  expect(cloud.forms.at(-1)).toEqual([
    { field: 'files', name: 'SKILL.md', type: 'text/plain' },
    { field: 'files', name: 'scripts/run.py', type: 'text/plain' },
    { field: 'files', name: 'logo.bin', type: 'application/octet-stream' },
  ]);
  expect(cloud.requests.at(-1)?.headers).toMatchObject({
    'x-api-key': cloud.key,
    'user-agent': 'OpenSpace-Client/1.0',
  });
  if (result.status !== 'success') throw new Error('not published');
  expect(result.record_id).toMatch(/^first__clo_[0-9a-f]{8}$/);
  expect(cloud.records.get(result.record_id)?.fields).toMatchObject({ level: 'workflow', tags: [] });
  expect(cloud.records.get(result.record_id)?.fields).not.toHaveProperty('content_diff'); // only for public ones
  expect([...(await client.download(result.record_id)).keys()].sort()).toEqual([
    'SKILL.md',
    'logo.bin',
    'scripts/run.py',
  ]);
});

it('public records carry a diff: all lines as added, or the change to the parent', async () => {
  const first = await publishSkill(client, {
    files: skill('diffed', 'one'),
    fallbackName: 'x',
    visibility: 'public',
  });
  if (first.status !== 'success') throw new Error('not published');
  expect(cloud.records.get(first.record_id)?.fields.content_diff).toContain(
    '+++ b/SKILL.md\n@@ -0,0 +1,5 @@\n+---',
  );
  const second = await publishSkill(client, {
    files: skill('diffed', 'two'),
    fallbackName: 'x',
    visibility: 'public',
    origin: 'fixed',
    parents: [first.record_id],
  });
  if (second.status !== 'success') throw new Error('not published');
  expect(cloud.records.get(second.record_id)?.fields.content_diff).toContain('-one\n+two\n');
});

it.each([
  ['imported', ['p__clo_1'], 'has no parents'],
  ['captured', ['p__clo_1'], 'has no parents'],
  ['derived', [], 'at least one'],
  ['fixed', [], 'exactly one'],
  ['fixed', ['p__clo_1', 'q__clo_1'], 'exactly one'],
] as const)('origin %s with parents %j is refused before anything is sent', async (origin, parents, why) => {
  const before = cloud.requests.length;
  await expect(
    publishSkill(client, { files: skill('x', 'x'), fallbackName: 'x', origin, parents }),
  ).rejects.toThrow(why);
  expect(cloud.requests.length).toBe(before);
});

it('the three 409s: a duplicate is told, a taken id is tried once more, anything else ends it', async () => {
  const files = skill('conflicts', 'x');
  const first = await publishSkill(client, { files, fallbackName: 'x' });
  if (first.status !== 'success') throw new Error('not published');
  expect(await publishSkill(client, { files, fallbackName: 'x' })).toMatchObject({
    status: 'duplicate',
    existing_record_id: first.record_id,
  });
  const stageOk: [number, unknown] = [200, { artifact_id: 'a', stats: { file_count: 1 } }];
  cloud.failures.push(
    stageOk,
    [409, { error: 'record_id_fingerprint_conflict' }],
    [201, { record_id: 'conflicts__clo_x', name: 'conflicts' }],
  );
  expect(await publishSkill(client, { files: skill('conflicts', 'y'), fallbackName: 'x' })).toMatchObject({
    status: 'success',
  });
  cloud.failures.push(
    stageOk,
    [409, { error: 'record_id_fingerprint_conflict' }],
    [409, { error: 'record_id_fingerprint_conflict' }],
  );
  await expect(
    publishSkill(client, { files: skill('conflicts', 'z'), fallbackName: 'x' }),
  ).rejects.toMatchObject({ code: 'already-exists' });
  cloud.failures.push(stageOk, [409, { error: 'something_else' }]);
  await expect(
    publishSkill(client, { files: skill('conflicts', 'z'), fallbackName: 'x' }),
  ).rejects.toMatchObject({ status: 409 });
});

it('all pages of records are read', async () => {
  const names = [];
  for await (const { name } of client.records()) names.push(name);
  expect(names.length).toBe(cloud.records.size);
  expect(names.length).toBeGreaterThan(2);
});

it('harmless requests are tried again, and not for ever', async () => {
  const id = await cloud.add('flaky', skill('flaky', 'x'));
  cloud.failures.push([503, {}], [429, {}]);
  expect((await client.call('getRecord', { params: { id } })).name).toBe('flaky');
  cloud.failures.push([503, {}], [503, {}], [503, {}]);
  await expect(client.call('getRecord', { params: { id } })).rejects.toMatchObject({ status: 503 });
});

it.each([
  [401, { detail: 'no' }, 'auth'],
  [403, { error: 'scope_too_small' }, 'denied'],
  [404, 'gone', 'not-found'],
  [413, { error: 'too_large' }, 'too-large'],
  [422, { error: 'secret_in_file', message: 'a secret' }, 'unsafe'],
  [422, { error: 'invalid' }, 'invalid'],
  [500, '<html>', 'network'],
] as const)('an answer %i becomes an error that a person can act on', async (status, body, code) => {
  cloud.failures.push([status, body]);
  await expect(client.call('search', { body: { query: 'x' } })).rejects.toMatchObject({ code, status });
});

it('an id can’t name another path, and a bad address is told before anything is sent', async () => {
  const before = cloud.requests.length;
  for (const id of ['..', '../x', 'a/b', 'a?b', 'a#b', '', ' ', 'a%2fb'])
    await expect(client.call('getRecord', { params: { id } })).rejects.toMatchObject({ code: 'invalid' });
  expect(cloud.requests.length).toBe(before);
  for (const address of ['', 'hub', 'ftp://x', 'javascript:1']) expect(() => apiUrlOf(address)).toThrow();
  expect(apiUrlOf('https://hub.example')).toBe('https://hub.example/api/v1');
  expect(apiUrlOf('https://open-space.cloud/api/v1/')).toBe('https://open-space.cloud/api/v1');
});

it('the key is not carried to where a redirect points, and an endless answer is cut', async () => {
  const seen: unknown[] = [];
  const other = createServer((request, response) => {
    seen.push(request.headers['x-api-key']);
    response.end('{}');
  });
  await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
  const otherAddress = other.address();
  const evil = createServer((request, response) => {
    if (request.url?.endsWith('/download')) {
      const flood = () => {
        while (response.write(Buffer.alloc(2 ** 20)));
        response.once('drain', flood);
      };
      response.on('error', () => undefined);
      return flood();
    }
    const port = typeof otherAddress === 'object' && otherAddress !== null ? otherAddress.port : 0;
    response.writeHead(302, { location: `http://127.0.0.1:${port}/` }).end();
  });
  await new Promise<void>((resolve) => evil.listen(0, '127.0.0.1', resolve));
  const address = evil.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  const victim = createHubClient({
    baseUrl: `http://127.0.0.1:${port}`,
    apiKey: 'secret-key',
    signal,
    retryDelayMs: 1,
  });
  await expect(victim.call('getRecord', { params: { id: 'x' } })).rejects.toThrow(/redirected/);
  await expect(victim.download('x')).rejects.toMatchObject({ code: 'too-large' });
  expect(seen).toEqual([]);
  for (const server of [evil, other]) {
    server.closeAllConnections();
    await new Promise<void>((resolve) => server.close(() => resolve()));
  }
});

it('a cancelled call ends at once', async () => {
  const abort = new AbortController();
  abort.abort();
  const cancelled = createHubClient({ baseUrl: cloud.apiUrl, signal: abort.signal });
  await expect(cancelled.call('search', { body: { query: 'x' } })).rejects.toMatchObject({
    code: 'cancelled',
  });
});
