// Limits of a hub: a flood of requests, guessed keys, a full quota; the others are served all the same.
import { randomBytes } from 'node:crypto';
import { expect, it, onTestFinished } from 'vitest';
import { zipOf } from '../../test/support/zip.ts';
import { fieldsOf, openTestHub, publish, skillFiles } from './people.ts';

it('floods, guesses and hoarding end with a code, and harm nobody else', async () => {
  const hub = await openTestHub({
    rateLimit: { perSecond: 1, burst: 30 },
    failureLimit: { perSecond: 0.01, burst: 5 },
    quotaBytes: 3_000,
  });
  onTestFinished(() => hub.close());
  const ben = await hub.join('ben', 'team');
  const ask = async (key: string | undefined) => {
    const response = await hub.send('/api/v1/me', {}, key);
    return {
      status: response.status,
      wait: response.headers.get('retry-after'),
      body: await fieldsOf(response),
    };
  };

  // A quota: what is published before it is full stays.
  const kept = await publish(ben.client, skillFiles('kept', 'x'.repeat(1_000)));
  await expect(
    publish(ben.client, skillFiles('hoarded', randomBytes(4_000).toString('hex'))),
  ).rejects.toMatchObject({
    reply: { error: 'quota_exceeded' },
  });
  expect((await ben.client.download(kept.record_id)).has('SKILL.md')).toBe(true);

  // A link in an archive is refused before anything is stored.
  const linked = await zipOf([
    { name: 'SKILL.md', data: '---\nname: n\ndescription: d\n---\n' },
    { name: 'link', data: '/etc/passwd', mode: 0o120777 },
  ]);
  const staged = await hub.send(
    '/api/v1/artifacts/stage',
    { method: 'POST', headers: { 'content-type': 'application/zip' }, body: new Uint8Array(linked) },
    ben.key,
  );
  expect([staged.status, (await fieldsOf(staged)).error]).toEqual([422, 'unsafe']);

  const flood = await Promise.all(Array.from({ length: 80 }, () => ask(ben.key)));
  const refused = flood.filter(({ status }) => status === 429);
  expect(refused.length).toBeGreaterThanOrEqual(45);
  expect(refused[0]).toMatchObject({ body: { error: 'rate_limited' }, wait: expect.stringMatching(/^\d+$/) });
  expect(await ask(hub.ann.key)).toMatchObject({ status: 200 });

  const guesses = await Promise.all(
    Array.from({ length: 12 }, (_, at) => ask(`sk-os-guess${String(at).padStart(30, '0')}`)),
  );
  expect(guesses.filter(({ status }) => status === 401).length).toBeLessThanOrEqual(6);
  expect(guesses.filter(({ status }) => status === 429).length).toBeGreaterThanOrEqual(6);
  expect(await ask(hub.ann.key)).toMatchObject({ status: 200 });
});
