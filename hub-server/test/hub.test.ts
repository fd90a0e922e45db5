// The hub as its clients see it, the same cases on the embedded database and on a real PostgreSQL.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createSigningKey, HubError, hashOfFiles, publishSkill, signStatement } from '../../src/hub/index.ts';
import { describeWith, longRun } from '../../test/support/needs.ts';
import { backup, restore } from '../src/backup.ts';
import { sweep } from '../src/jobs.ts';
import { openFolderStore } from '../src/store/artifacts.ts';
import { migrate, readMigrations } from '../src/store/migrate.ts';
import { openPglite, openPostgres } from '../src/store/sql.ts';
import { type PostgresServer, startPostgres } from './databases.ts';
import { fieldsOf, openTestHub, type Person, publish, skillFiles, type TestHub } from './people.ts';
import { securityCases } from './security-cases.ts';

/** The code of the refusal that a promise ends with. */
async function refusalOf(promise: Promise<unknown>): Promise<string> {
  try {
    await promise;
  } catch (error) {
    if (error instanceof HubError) return error.reply.error;
    throw error;
  }
  return 'no refusal';
}

function suite(open: () => Promise<TestHub>, options: { readonly vectors: boolean }): void {
  let team: TestHub;
  let ann: Person;
  let ben: Person;
  let eve: Person;
  beforeAll(async () => {
    team = await open();
    ann = team.ann;
    ben = await team.join('ben', 'team');
    await ann.client.call('createGroup', { body: { group: 'others' } });
    eve = await team.join('eve', 'others');
  }, 120_000);
  afterAll(() => team?.close());

  it('what the original’s Python client sends is understood: header, field names, stages, answers', async () => {
    const boundary = '----WebKitFormBoundary7MA4YWxkTrZu0gW';
    const part = (name: string, type: string, text: string) =>
      `--${boundary}\r\nContent-Disposition: form-data; name="files"; filename="${name}"\r\nContent-Type: ${type}\r\n\r\n${text}\r\n`;
    const body = `${part('SKILL.md', 'text/plain', '---\nname: from-python\ndescription: d\n---\nUse it.\n')}${part('scripts/run.py', 'text/plain', 'print(1)\n')}${part('.upload_meta.json', 'text/plain', '{}')}--${boundary}--\r\n`;
    const headers = { 'X-API-Key': ben.key, 'User-Agent': 'OpenSpace-Client/1.0' };
    const staged = await team.send('/api/v1/artifacts/stage', {
      method: 'POST',
      headers: { ...headers, 'Content-Type': `multipart/form-data; boundary=${boundary}` },
      body,
    });
    expect(staged.status).toBe(201);
    const answer = await fieldsOf(staged);
    expect(answer.stats).toMatchObject({ file_count: 2 }); // our own note about the skill is not one of its files
    const { artifact_id } = answer;
    const payload = (record_id: string, artifact: unknown = artifact_id) =>
      JSON.stringify({
        record_id,
        artifact_id: artifact,
        origin: 'imported',
        visibility: 'public',
        parent_skill_ids: [],
        tags: ['a'],
        level: 'workflow',
        created_by: 'ben',
        change_summary: '',
        content_diff: '--- a/SKILL.md\n',
      });
    const create = (json: string) =>
      team.send('/api/v1/records', {
        method: 'POST',
        headers: { ...headers, 'Content-Type': 'application/json' },
        body: json,
      });
    const made = await create(payload('from-python__clo_0a0b0c0d'));
    expect([made.status, (await fieldsOf(made)).record_id]).toEqual([201, 'from-python__clo_0a0b0c0d']);
    const again = await create(payload('from-python__clo_0a0b0c0d'));
    expect([again.status, (await fieldsOf(again)).record_id]).toEqual([200, 'from-python__clo_0a0b0c0d']);
    const twin = await create(payload('from-python__clo_11111111'));
    expect([twin.status, await twin.json()]).toMatchObject([
      409,
      { error: 'fingerprint_record_id_conflict', existing_record_id: 'from-python__clo_0a0b0c0d' },
    ]);
    const other = await ben.client.stage(skillFiles('from-python', 'Other files.'));
    const clash = await create(payload('from-python__clo_0a0b0c0d', other.artifact_id));
    expect([clash.status, (await fieldsOf(clash)).error]).toEqual([409, 'record_id_fingerprint_conflict']);
    const found = await team.send('/api/v1/records/embeddings/search', {
      method: 'POST',
      headers,
      body: JSON.stringify({ query: 'python', limit: 300 }),
    });
    expect(await found.text()).toContain('from-python__clo_0a0b0c0d');
    const listed = await team.send('/api/v1/records/metadata?limit=200&include_embedding=true', { headers });
    expect(await listed.json()).toMatchObject({
      has_more: false,
      items: [{ record_id: 'from-python__clo_0a0b0c0d', visibility: 'public' }],
    });
    const zip = await team.send('/api/v1/records/from-python__clo_0a0b0c0d/download', { headers });
    expect(new Uint8Array(await zip.arrayBuffer()).subarray(0, 2)).toEqual(new Uint8Array([0x50, 0x4b]));
  });

  it('a skill goes from one person to the other, with versions, diff and lineage', async () => {
    const first = await publish(ann.client, skillFiles('notes', 'one', { extra: { 'ü b/c.txt': 'x' } }), {
      visibility: 'group_only',
      group: 'team',
    });
    const second = await publish(ann.client, skillFiles('notes', 'two', { extra: { 'ü b/c.txt': 'x' } }), {
      visibility: 'group_only',
      group: 'team',
      origin: 'fixed',
      parents: [first.record_id],
      expectedHead: first.record_id,
      changeSummary: 'better',
    });
    const files = await ben.client.download(second.record_id);
    expect(hashOfFiles(files)).toBe(second.record.files_hash);
    expect([...files.keys()].sort()).toEqual(['SKILL.md', 'ü b/c.txt']);
    const page = await ben.client.call('versions', { params: { id: first.record_id } });
    expect(page).toMatchObject({
      owner: 'team',
      head_record_id: second.record_id,
      versions: [{ version_number: 2, change_summary: 'better' }, { version_number: 1 }],
    });
    expect((await ben.client.call('diff', { params: { id: second.record_id } })).diff).toContain(
      '-one\n+two\n',
    );
    expect(
      (await ben.client.call('lineage', { params: { id: second.record_id } })).map(
        (record) => record.record_id,
      ),
    ).toEqual([first.record_id]);
    const stale = publishSkill(ben.client, {
      files: skillFiles('notes', 'three'),
      fallbackName: 'x',
      visibility: 'group_only',
      group: 'team',
      origin: 'fixed',
      parents: [first.record_id],
      expectedHead: first.record_id,
    });
    expect(await refusalOf(stale)).toBe('stale_head');
  });

  it('two who publish the same next version at once: one wins, the other is told', async () => {
    const base = await publish(ann.client, skillFiles('race', 'zero'), {
      visibility: 'group_only',
      group: 'team',
    });
    const next = (person: Person, text: string) =>
      refusalOf(
        publish(person.client, skillFiles('race', text), {
          visibility: 'group_only',
          group: 'team',
          origin: 'fixed',
          parents: [base.record_id],
          expectedHead: base.record_id,
        }),
      );
    expect((await Promise.all([next(ann, 'a'), next(ben, 'b')])).sort()).toEqual([
      'no refusal',
      'stale_head',
    ]);
  });

  it('search finds by words of name, description and body, in other languages too, best first', async () => {
    const add = (name: string, description: string, body: string) =>
      publish(ann.client, skillFiles(name, body, { description }), { visibility: 'public' });
    await add('pdf-tables', 'Extract tables from PDF documents', 'Use a parser.');
    await add(
      'invoice-check',
      'Check invoices',
      'Reads the PDF of an invoice and compares the sums in its tables.',
    );
    await add('zhongwen', '把中文文档翻译成英文', '先读取文件。');
    await add('cafe-menu', 'Écrit la carte du café', 'Pour les cafés.');
    const search = async (query: string) =>
      (await ben.client.call('search', { body: { query } })).map(({ name }) => name);
    expect((await search('extracting table pdf'))[0]).toBe('pdf-tables');
    expect(await search('pdf tables')).toEqual(['pdf-tables', 'invoice-check']);
    expect(await search('翻译文档')).toEqual(['zhongwen']);
    expect(await search('cafe')).toEqual(['cafe-menu']);
    expect(await search('invoice quantum')).toContain('invoice-check'); // some of the words
    expect(await search('pdfTables')).toContain('pdf-tables');
    expect(await search("'; DROP DATABASE hub; -- & | ! :*")).toEqual([]);
  });

  it.runIf(options.vectors)('vectors find what no word says', async () => {
    await publish(ann.client, skillFiles('payables', 'Looks at an invoice.'), { visibility: 'public' });
    await team.hub.jobs.drain(20_000);
    const found = await ben.client.call('search', { body: { query: 'bills of our suppliers', limit: 1 } });
    expect(found.map(({ name }) => name)).toEqual(['payables']);
  });

  it('group results that are significantly worse than the parent’s mark a version; clients get the version before', async () => {
    const good = await publish(ann.client, skillFiles('measured', 'good'), {
      visibility: 'group_only',
      group: 'team',
    });
    const bad = await publish(ann.client, skillFiles('measured', 'bad'), {
      visibility: 'group_only',
      group: 'team',
      origin: 'fixed',
      parents: [good.record_id],
    });
    const report = (
      person: Person,
      id: string,
      uses: number,
      successes: number,
      report_id = `${person.name}-${id}-1`,
    ) => person.client.call('addEvidence', { params: { id }, body: { report_id, uses, successes } });
    await report(ann, good.record_id, 20, 18);
    await report(ben, good.record_id, 20, 19);
    await report(ann, bad.record_id, 8, 2);
    await team.hub.jobs.drain(20_000);
    const advice = async () =>
      (await ben.client.call('advice', { body: { record_ids: [bad.record_id] } })).advice[0]?.quality;
    expect(await advice()).toMatchObject({ verdict: 'unknown', uses: 8 }); // too few uses to say anything
    await report(ben, bad.record_id, 12, 4);
    await report(ben, bad.record_id, 12, 4); // the same report again counts once
    await team.hub.jobs.drain(20_000);
    expect(await advice()).toMatchObject({
      verdict: 'worse-than-parent',
      uses: 20,
      successes: 6,
      reporters: 2,
      fallback_record_id: good.record_id,
    });
    expect((await eve.client.call('advice', { body: { record_ids: [bad.record_id] } })).advice).toEqual([]);
  }, 60_000);

  it('a fix is offered as a proposal with its evidence, and becomes the head when a maintainer accepts it', async () => {
    const base = await publish(ann.client, skillFiles('proposed', 'base'), {
      visibility: 'group_only',
      group: 'team',
    });
    const signingKey = createSigningKey();
    await ben.client.call('addSigningKey', { body: { public_key: signingKey.publicKey } });
    const files = skillFiles('proposed', 'fixed');
    const offer = await publish(ben.client, files, {
      visibility: 'group_only',
      group: 'team',
      origin: 'fixed',
      parents: [base.record_id],
      proposal: true,
      signingKey,
    });
    await ben.client.call('addAttestation', {
      params: { id: offer.record_id },
      body: signStatement(signingKey, {
        type: 'openspace.attestation/1',
        files_hash: hashOfFiles(files),
        evaluator: 'gate',
        verdict: 'passed',
        cases: 5,
        passed: 5,
        baseline_passed: 2,
        created_at: '2026-01-01T00:00:00Z',
      }),
    });
    const open = (await ann.client.call('listProposals')).filter(
      ({ record }) => record.record_id === offer.record_id,
    );
    expect(open).toMatchObject([
      { target_record_id: base.record_id, attestations: [{ public_key: signingKey.publicKey }] },
    ]);
    const headBefore = await ben.client.call('getSkill', { params: { owner: 'team', name: 'proposed' } });
    expect(headBefore.head_record_id).toBe(base.record_id);
    expect(
      await refusalOf(
        ben.client.call('decide', { params: { id: offer.record_id }, body: { decision: 'accept' } }),
      ),
    ).toBe('role_too_small');
    await ann.client.call('decide', { params: { id: offer.record_id }, body: { decision: 'accept' } });
    expect(
      (await ben.client.call('getSkill', { params: { owner: 'team', name: 'proposed' } })).head_record_id,
    ).toBe(offer.record_id);
    expect(
      await refusalOf(
        ann.client.call('decide', { params: { id: offer.record_id }, body: { decision: 'accept' } }),
      ),
    ).toBe('invalid');
  });

  it('a quarantined version is out of search and downloads until a maintainer releases it', async () => {
    const doubtful = await publish(ann.client, skillFiles('doubtful', 'quarantine me'), {
      visibility: 'group_only',
      group: 'team',
    });
    await ben.client.call('addReport', {
      params: { id: doubtful.record_id },
      body: { reason: 'malicious', text: 'look' },
    });
    expect((await ann.client.call('listReports')).map((report) => report.record_id)).toContain(
      doubtful.record_id,
    );
    await ann.client.call('quarantine', {
      params: { id: doubtful.record_id },
      body: { on: true, reason: 'reported' },
    });
    const names = async () =>
      (await ben.client.call('search', { body: { query: 'doubtful' } })).map(({ name }) => name);
    expect(await names()).toEqual([]);
    expect(await refusalOf(ben.client.call('diff', { params: { id: doubtful.record_id } }))).toBe(
      'quarantined',
    );
    await ann.client.call('quarantine', { params: { id: doubtful.record_id }, body: { on: false } });
    expect(await names()).toEqual(['doubtful']);
  });

  it('pages show skills to who is logged in and nothing to others, with names escaped', async () => {
    await publish(ann.client, skillFiles('shown', 'x', { description: '<script>alert(1)</script>' }), {
      visibility: 'group_only',
      group: 'team',
    });
    expect((await team.send('/')).status).toBe(303);
    const login = await team.send('/login', {
      method: 'POST',
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      body: `key=${ben.key}`,
    });
    const cookie = login.headers.get('set-cookie') ?? '';
    expect(cookie).toMatch(/HttpOnly; SameSite=Strict/);
    expect(cookie).not.toContain(ben.key);
    const page = await team.send('/?q=shown', { headers: { cookie: cookie.split(';')[0] ?? '' } });
    const html = await page.text();
    expect(html).toContain('&lt;script&gt;');
    expect(html).not.toContain('<script>');
    const detail = await team.send('/skills/team/shown', { headers: { cookie: cookie.split(';')[0] ?? '' } });
    expect(await detail.text()).toContain('+x');
  });

  it('OpenAPI names every route; metrics need their scope; health needs nothing', async () => {
    const document = await fieldsOf(await team.send('/openapi.json'));
    expect(Object.keys(document.paths ?? {})).toContain('/api/v1/records/{id}/download');
    expect((await team.send('/metrics', {}, ben.key)).status).toBe(403);
    const metrics = await (await team.send('/metrics', {}, ann.key)).text();
    expect(metrics).toMatch(/openspace_hub_requests_total\{route="\/api\/v1\/records",status="201"\} \d+/);
    expect(metrics).not.toContain('notes__clo');
    expect((await team.send('/healthz')).status).toBe(200);
  });

  it('the audit log tells who did what and can’t be changed', async () => {
    const entries = await ann.client.call('audit', { query: { limit: 200 } });
    expect(entries.map(({ action }) => action)).toEqual(
      expect.arrayContaining(['publish', 'join', 'invite', 'quarantine', 'accept-proposal']),
    );
    expect(await refusalOf(ben.client.call('audit'))).toBe('scope_too_small');
    await expect(team.hub.db.run("UPDATE audit SET action = 'x'")).rejects.toThrow(/only ever added/);
    await expect(team.hub.db.run('DELETE FROM audit')).rejects.toThrow(/only ever added/);
  });

  describe('security: refused with a code, and nothing tells of what is private', () => {
    securityCases(() => ({ team, ann, ben, eve }), refusalOf);
  });

  it('uploads that nobody publishes go, archives that something names stay', async () => {
    await ben.client.stage(skillFiles('left', `behind ${Math.random()}`));
    await team.hub.db.run("UPDATE artifacts SET expires_at = now() - interval '1 day'");
    expect(await sweep(team.hub.db, team.hub.store, -1000)).toBeGreaterThan(0);
    const { items } = await ann.client.call('listRecords');
    for (const { record_id } of items) expect((await ann.client.download(record_id)).size).toBeGreaterThan(0);
  });
}

/** Texts about invoices lie on one axis, all others on another; only questions about bills are asked by meaning. */
const toyEmbedder = {
  model: 'toy',
  embed: async (text: string) => (text.includes('payables') ? [1, 0.1] : [0, 1]),
  embedQuery: async (text: string) => (text.includes('bills') ? [1, 0] : undefined),
};

describe('hub on PGlite', () => {
  suite(() => openTestHub({ embedder: toyEmbedder }), { vectors: true });

  it.runIf(longRun)(
    'a backup fills an empty hub, embedded as well',
    async () => {
      const from = await openTestHub();
      const target = mkdtempSync(join(tmpdir(), 'openspace-hub-restore-'));
      try {
        const made = await publish(from.ann.client, skillFiles('kept', 'kept'), {
          visibility: 'group_only',
          group: 'team',
        });
        await backup(from.hub.db, from.hub.store, join(target, 'backup'));
        const db = await openPglite(join(target, 'database'));
        const store = openFolderStore(join(target, 'artifacts'));
        await restore(db, store, join(target, 'backup'));
        await expect(restore(db, store, join(target, 'backup'))).rejects.toThrow(/not empty/);
        await db.close();
        const to = await openTestHub({ folder: target, artifacts: undefined });
        const ann = to.as(from.ann.key);
        expect(hashOfFiles(await ann.download(made.record_id))).toBe(made.record.files_hash);
        expect((await ann.call('search', { body: { query: 'kept' } })).map(({ name }) => name)).toEqual([
          'kept',
        ]);
        await publish(ann, skillFiles('after', 'numbers go on'), { visibility: 'private' });
        await to.close();
      } finally {
        await from.close();
        rmSync(target, { recursive: true, force: true });
      }
    },
    120_000,
  );
});

describeWith(['postgres'], 'hub on PostgreSQL', () => {
  let server: PostgresServer;
  beforeAll(async () => {
    server = await startPostgres();
  }, 120_000);
  afterAll(() => server?.stop());

  suite(async () => openTestHub({ database: await server.create() }), { vectors: false });
  process.stderr.write(
    'SKIPPED vector cases on PostgreSQL: Debian has no pgvector package; they run on PGlite\n',
  );

  it('a backup fills an empty hub: the same records, files, keys and search', async () => {
    const from = await openTestHub({ database: await server.create() });
    const target = mkdtempSync(join(tmpdir(), 'openspace-hub-restore-'));
    try {
      const made = await publish(from.ann.client, skillFiles('kept', 'kept'), {
        visibility: 'group_only',
        group: 'team',
      });
      await backup(from.hub.db, from.hub.store, join(target, 'backup'));
      const database = await server.create();
      const db = await openPostgres(database, 2);
      const store = openFolderStore(join(target, 'artifacts'));
      await restore(db, store, join(target, 'backup'));
      await expect(restore(db, store, join(target, 'backup'))).rejects.toThrow(/not empty/);
      await db.close();
      const to = await openTestHub({ database, artifacts: join(target, 'artifacts') });
      const ann = to.as(from.ann.key);
      expect(hashOfFiles(await ann.download(made.record_id))).toBe(made.record.files_hash);
      expect((await ann.call('search', { body: { query: 'kept' } })).map(({ name }) => name)).toEqual([
        'kept',
      ]);
      await publish(ann, skillFiles('after', 'numbers go on'), { visibility: 'private' });
      await to.close();
    } finally {
      await from.close();
      rmSync(target, { recursive: true, force: true });
    }
  }, 60_000);

  it('every earlier schema is brought to the newest with its data, and nothing is applied twice', async () => {
    const versions = readMigrations().map(({ version }) => version);
    for (const version of versions) {
      const db = await openPostgres(await server.create(), 2);
      await migrate(db, version);
      await db.run("INSERT INTO owners (kind, name) VALUES ('account', 'old')");
      expect(await migrate(db)).toBe(versions.at(-1));
      expect(await migrate(db)).toBe(versions.at(-1));
      expect(await db.run("SELECT 1 FROM owners WHERE name = 'old'")).toBe(1);
      await db.close();
    }
  }, 60_000);

  it('two processes that start on one empty database both come up', async () => {
    const database = await server.create();
    const [one, two] = await Promise.all([openPostgres(database, 2), openPostgres(database, 2)]);
    await Promise.all([migrate(one), migrate(two)]);
    await Promise.all([one.close(), two.close()]);
  }, 60_000);
});
