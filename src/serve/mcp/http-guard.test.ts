// An address that asks without end is slowed down, and told when to come back.
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, it } from 'vitest';
import { createHttpGuard } from './http-guard.ts';

it('slows an address down that asks without end, before it looks at tokens', async () => {
  const guard = createHttpGuard({
    isLocal: true,
    token: 'x'.repeat(40),
    pace: { burst: 3, perSecond: 0.001 },
  });
  const http = createServer((request, response) => {
    if (guard(request, response, true)) response.end();
  });
  await new Promise<void>((done) => http.listen(0, '127.0.0.1', done));
  const url = `http://127.0.0.1:${(http.address() as AddressInfo).port}`;
  const authorization = `Bearer ${'x'.repeat(40)}`;
  const statuses: number[] = [];
  for (const headers of [{}, { authorization }, {}, { authorization }])
    statuses.push((await fetch(url, { headers })).status);
  expect(statuses).toEqual([401, 200, 401, 429]);
  expect((await fetch(url)).headers.get('retry-after')).toBe('1');
  http.closeAllConnections();
  http.close();
});
