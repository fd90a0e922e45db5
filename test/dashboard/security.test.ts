// Who may ask what: every way in that must be shut, and every text that must stay a text.

import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { connect } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ROUTES } from '../../src/serve/api/contract.ts';
import { openSessions } from '../../src/serve/dashboard/sessions.ts';
import { addSkill, addTurn, beginRun, endRun, startDashboard, type TestDashboard } from './support.ts';

const SCRIPT = '<script>alert(1)</script><img src=x onerror=alert(2)>';
const SECRET = 'what is outside of the run';

let own: TestDashboard;
let cookie: string;
let runId: string;
let originalRun: string;
let skillId: string;

beforeAll(async () => {
  own = await startDashboard();
  const web = join(own.home, '..', 'web');
  mkdirSync(join(web, 'assets'), { recursive: true });
  writeFileSync(join(web, 'index.html'), '<!doctype html><title>app</title>');
  writeFileSync(join(own.home, '..', 'secret.txt'), SECRET);
  const recorder = beginRun(own.home, `Show ${SCRIPT}`);
  addTurn(recorder, 1, SCRIPT);
  writeFileSync(join(recorder.folder, 'secret.txt'), SECRET);
  mkdirSync(join(recorder.folder, 'artifacts'), { recursive: true });
  writeFileSync(join(recorder.folder, 'artifacts', 'page.html'), SCRIPT);
  writeFileSync(join(recorder.folder, 'artifacts', 'drawing.svg'), '<svg onload="alert(3)"/>');
  writeFileSync(join(recorder.folder, 'artifacts', 'shot.png'), 'png');
  symlinkSync(join(own.home, 'mcp', 'token'), join(recorder.folder, 'artifacts', 'link.txt'));
  runId = endRun(recorder, SCRIPT);
  originalRun = importRecording();
  skillId = (await addSkill(own.openSpace, 'hostile', SCRIPT)).skillId;
  const { pathname, search } = new URL(own.dashboard.newAddress());
  const opened = await plain(pathname + search);
  cookie = String(opened.headers['set-cookie']).split(';')[0] ?? '';
});
afterAll(() => own.close());

function importRecording(): string {
  const folder = join(own.home, '..', 'original');
  mkdirSync(join(folder, 'screenshots'), { recursive: true });
  writeFileSync(join(folder, 'screenshots', 'one.png'), 'png');
  symlinkSync(join(own.home, '..', 'secret.txt'), join(folder, 'screenshots', 'link.png'));
  own.openSpace.learning().deps.ledger.recordRun({
    ...{
      runId: 'old_run',
      source: 'original',
      purpose: 'task',
      task: 'Old',
      model: null,
      status: 'done',
      folder,
    },
    ...{ startedAt: '2020-01-01T00:00:00.000Z', endedAt: null, attempts: [] },
  });
  return 'old_run';
}

interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly text: string;
}

/** How the server answers to exactly these bytes. */
function firstLine(bytes: string): Promise<string> {
  const { hostname, port } = new URL(own.dashboard.url);
  return new Promise((done, fail) => {
    let text = '';
    const socket = connect(Number(port), hostname, () => socket.write(bytes));
    socket.setEncoding('utf8').on('data', (chunk: string) => {
      text += chunk;
    });
    socket.on('error', fail).on('close', () => done(text.split('\r\n')[0] ?? ''));
  });
}

/** A request with path and headers as given: `fetch` would tidy them up. */
function plain(
  path: string,
  headers: Record<string, string> = {},
  method = 'GET',
  body?: string,
): Promise<Answer> {
  const { hostname, port } = new URL(own.dashboard.url);
  return new Promise((done, fail) => {
    const sent = request({ hostname, port, path, method, headers }, (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (chunk: string) => {
        text += chunk;
      });
      response.on('end', () => done({ status: response.statusCode ?? 0, headers: response.headers, text }));
    });
    sent.on('error', fail);
    sent.end(body);
  });
}

const bearer = () => ({ authorization: `Bearer ${own.token}` });
const json = { 'content-type': 'application/json' };
const origin = () => own.dashboard.url;

describe('who asks', () => {
  const refused: [string, number, () => Record<string, string>][] = [
    ['no token', 401, () => ({})],
    ['a wrong token', 401, () => ({ authorization: `Bearer ${'x'.repeat(43)}` })],
    ['the token in another scheme', 401, () => ({ authorization: `Basic ${own.token}` })],
    ['a made-up cookie', 401, () => ({ cookie: cookie.replace(/=.*/, `=${'x'.repeat(43)}`) })],
    ['the cookie of another port', 401, () => ({ cookie: cookie.replace(/_\d+=/, '_1=') })],
    ['the token and a foreign Origin', 403, () => ({ ...bearer(), origin: 'https://evil.example' })],
    ['the token and Origin null', 403, () => ({ ...bearer(), origin: 'null' })],
    [
      'the token and our host on another port as Origin',
      403,
      () => ({ ...bearer(), origin: 'http://127.0.0.1:1' }),
    ],
    ['the cookie from a foreign site', 403, () => ({ cookie, 'sec-fetch-site': 'cross-site' })],
    ['the cookie from another port', 403, () => ({ cookie, 'sec-fetch-site': 'same-site' })],
    [
      'the token under a name that was bound to this address',
      403,
      () => ({ ...bearer(), host: 'rebound.example' }),
    ],
    [
      'the token under a name that begins like ours',
      403,
      () => ({ ...bearer(), host: 'localhost.evil.example' }),
    ],
  ];
  // Node's client would put a host in, so these are written by hand.
  it.each([
    ['an empty host', 400, 'Host: \r\n'],
    ['no host', 400, ''],
    ['two hosts', 403, 'Host: 127.0.0.1\r\nHost: evil.example\r\n'],
    ['a host with a path', 400, 'Host: 127.0.0.1/evil.example\r\n'],
  ])('the token and %s is refused', async (_, status, host) => {
    const head = `GET /api/v2/skills HTTP/1.1\r\n${host}Authorization: Bearer ${own.token}\r\n`;
    expect(await firstLine(`${head}Connection: close\r\n\r\n`)).toMatch(new RegExp(`^HTTP/1\\.1 ${status} `));
  });

  it.each(refused)('%s is refused', async (_, status, headers) => {
    for (const path of ['/api/v2/skills', '/api/v2/events', '/api/v1/skills', '/api/v2/openapi.json']) {
      const answer = await plain(path, headers());
      expect([path, answer.status]).toEqual([path, status]);
      expect(answer.headers['access-control-allow-origin']).toBeUndefined();
      expect(JSON.parse(answer.text)).toMatchObject({ error: { code: status === 401 ? 'auth' : 'denied' } });
    }
  });

  it('a preflight of another site gets no permission', async () => {
    const asked = { origin: 'https://evil.example', 'access-control-request-method': 'POST' };
    const answer = await plain('/api/v2/runs', asked, 'OPTIONS');
    expect(answer.status).toBe(403);
    expect(Object.keys(answer.headers).filter((name) => name.startsWith('access-control'))).toEqual([]);
  });

  it.each([
    ['a cookie without Origin', () => ({ cookie, ...json }), 403],
    ['a cookie and a foreign Origin', () => ({ cookie, ...json, origin: 'https://evil.example' }), 403],
    ['a form of any site', () => ({ ...bearer(), 'content-type': 'text/plain' }), 400],
    ['a form without a type', () => bearer(), 400],
  ] as const)('a change with %s is refused', async (_, headers, status) => {
    const answer = await plain(`/api/v2/skills/${skillId}/archive`, headers(), 'POST', '{"on":true}');
    expect(answer.status).toBe(status);
    expect((await own.ask('skill', { id: skillId })).standing).toBe('trusted');
  });

  it('no route changes anything by GET', async () => {
    for (const { path } of Object.values(ROUTES).filter(({ method }) => method === 'POST')) {
      const answer = await plain(path.replace('{id}', skillId), bearer());
      expect([path, answer.status === 404 || answer.status === 405 || path === '/api/v2/runs']).toEqual([
        path,
        true,
      ]);
    }
  });

  it('token or cookie with our Origin is answered', async () => {
    expect((await plain('/api/v2/about', bearer())).status).toBe(200);
    expect((await plain('/api/v2/about', { cookie, 'sec-fetch-site': 'same-origin' })).status).toBe(200);
    const pin = await plain(
      `/api/v2/skills/${skillId}/pin`,
      { cookie, ...json, origin: origin() },
      'POST',
      '{"on":false}',
    );
    expect(pin.status).toBe(200);
  });

  it('a body that is too large is refused', async () => {
    const headers = { ...bearer(), ...json };
    const answer = await plain('/api/v2/runs', headers, 'POST', `{"task":"${'x'.repeat(9_000_000)}"}`);
    expect(answer.status).toBe(413);
  });
});

describe('the address with a code', () => {
  it('opens one browser once, with a cookie that scripts and other sites do not get', async () => {
    const { pathname, search } = new URL(own.dashboard.newAddress());
    const first = await plain(pathname + search);
    expect([first.status, first.headers.location]).toEqual([303, '/']);
    expect(String(first.headers['set-cookie'])).toMatch(
      /^openspace_\d+=[\w-]{43}; Path=\/; HttpOnly; SameSite=Strict$/,
    );
    const again = await plain(pathname + search);
    expect([again.status, again.headers['set-cookie']]).toEqual([403, undefined]);
    expect((await plain('/open?code=guessed')).status).toBe(403);
  });

  it('is too old after five minutes', () => {
    let now = 0;
    const sessions = openSessions({ token: 't', cookieName: () => 'c', now: () => now });
    const [old, fresh] = [sessions.newCode(), sessions.newCode()];
    expect(sessions.openWith(fresh)).toBeDefined();
    now = 5 * 60_000 + 1;
    expect(sessions.openWith(old)).toBeUndefined();
  });
});

describe('paths', () => {
  const climbing = [
    '../secret.txt',
    '..%2fsecret.txt',
    '%2e%2e%2fsecret.txt',
    '....//secret.txt',
    '..\\secret.txt',
    'secret.txt',
  ];
  const outside = [
    ...climbing.map((file) => `/api/v2/runs/RUN/artifact?file=${file}`),
    ...climbing.map((file) => `/api/v2/runs/RUN/artifact?file=artifacts/${file}`),
    ...climbing.map((file) => `/api/v1/workflows/RUN/artifacts/${file}`),
    ...climbing.map((file) => `/api/v1/workflows/OLD/artifacts/${file}`),
    ...climbing.map((file) => `/api/v1/workflows/OLD/artifacts/screenshots/${file}`),
    ...climbing.map((file) => `/api/v2/skills/SKILL/file?path=${file}`),
    '/api/v2/runs/RUN/artifact?file=artifacts/link.txt',
    '/api/v2/runs/RUN/artifact?file=/etc/passwd',
    '/api/v1/workflows/OLD/artifacts/screenshots/link.png',
    '/api/v1/workflows/OLD/artifacts//etc/passwd',
    '/api/v2/runs/..',
    '/api/v2/runs/%2e%2e%2fmcp/artifact?file=artifacts/token',
    '/api/v2/runs/..%2f..%2fproject',
    '/api/v2/runs/RUN%2f..%2f..%2fmcp/timeline',
    '/api/v2/runs/%00/events',
    '/api/v2/skills/..%2f..%2fsecret/file?path=SKILL.md',
    '/api/v2/proposals/..%2f..%2fx',
    '/..%2fsecret.txt',
    '/assets/..%2f..%2fsecret.txt',
    '/assets/../../secret.txt',
    '/%2e%2e/secret.txt',
  ];
  it.each(outside)('%s leads nowhere', async (path) => {
    const real = path.replace('RUN', runId).replace('OLD', originalRun).replace('SKILL', skillId);
    const answer = await plain(real, bearer());
    expect(answer.text).not.toContain(SECRET);
    expect(answer.text).not.toContain(own.token);
    expect(answer.text).not.toContain('root:');
    if (path.endsWith('link.png')) expect(answer.status).toBe(403);
    else if (path.startsWith('/api/')) expect([400, 404]).toContain(answer.status);
  });

  it('what lies inside is found', async () => {
    expect((await plain(`/api/v2/runs/${runId}/artifact?file=artifacts/shot.png`, bearer())).status).toBe(
      200,
    );
    expect((await plain(`/api/v1/workflows/${runId}/artifacts/artifacts/shot.png`, bearer())).status).toBe(
      200,
    );
    expect((await plain('/api/v1/workflows/old_run/artifacts/screenshots/one.png', bearer())).status).toBe(
      200,
    );
  });
});

describe('hostile text', () => {
  it('of skills, runs and tools goes out as JSON that no browser takes for a page', async () => {
    for (const path of [
      `/api/v2/skills/${skillId}`,
      `/api/v2/runs/${runId}`,
      `/api/v2/runs/${runId}/timeline`,
      `/api/v1/skills/${skillId}`,
    ]) {
      const answer = await plain(path, bearer());
      expect(answer.text).toContain('onerror=alert(2)');
      expect(answer.headers['content-type']).toBe('application/json');
      expect(answer.headers['x-content-type-options']).toBe('nosniff');
      expect(answer.headers['cache-control']).toBe('no-store');
    }
  });

  it.each(['page.html', 'drawing.svg'])('in the artifact %s can only be saved', async (name) => {
    const { headers } = await plain(`/api/v2/runs/${runId}/artifact?file=artifacts/${name}`, bearer());
    expect(headers['content-type']).toBe('application/octet-stream');
    expect(headers['content-disposition']).toContain('attachment');
    expect(headers['content-security-policy']).toContain('sandbox');
  });

  it('in an address is not repeated in a page', async () => {
    const answer = await plain(`/open?code=${encodeURIComponent(SCRIPT)}`);
    expect(answer.text).not.toContain('onerror');
    const missing = await plain(`/api/v2/skills/${encodeURIComponent(SCRIPT)}`, bearer());
    expect(missing.headers['content-type']).toBe('application/json');
  });

  it('could not run anyway: no script but our files, no other host, nobody’s frame', async () => {
    for (const path of ['/', '/skills/x', '/open', '/api/v2/about']) {
      const { headers } = await plain(path);
      const policy = String(headers['content-security-policy']);
      expect(policy).toContain("default-src 'none'");
      expect(policy).toContain("script-src 'self'");
      expect(policy).toContain("frame-ancestors 'none'");
      expect(policy).not.toMatch(/unsafe-inline|unsafe-eval|https?:|\*/);
    }
  });
});
