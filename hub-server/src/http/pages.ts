// Pages for people: browse, search, versions with diffs, log in with a key. Rendered here, without scripts.
import type { Context, Hono } from 'hono';
import { deleteCookie, getCookie, setCookie } from 'hono/cookie';
import { html, raw } from 'hono/html';
import type { HubRecord } from '../../../src/hub/index.ts';
import { ANONYMOUS, accountOf, authenticate, type Caller, createKey } from '../domain/caller.ts';
import { skillPage } from '../domain/records.ts';
import { Refused } from '../domain/refuse.ts';
import { searchSkills } from '../domain/search.ts';
import type { HubParts } from '../hub.ts';
import type { Gate } from './gate.ts';
import { createHandlers } from './handlers.ts';

const COOKIE = 'openspace_hub';
const SESSION_S = 12 * 3600;

const STYLE = `:root{color-scheme:light dark}body{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:0 auto;padding:1rem}
a{color:LinkText}header{display:flex;gap:1rem;flex-wrap:wrap;align-items:baseline;border-bottom:1px solid #8886;padding-bottom:.5rem}
header b a{text-decoration:none}form{display:flex;gap:.5rem;margin:1rem 0}input{flex:1;min-width:0;font:inherit;padding:.4rem}
button{font:inherit;padding:.4rem 1rem}ul{list-style:none;padding:0}li{padding:.6rem 0;border-bottom:1px solid #8883}
.quiet{opacity:.75;font-size:.9rem}.bad{color:#c33;font-weight:600}pre{overflow:auto;padding:.75rem;border:1px solid #8886;font-size:.85rem}
.add{color:#187a2f}.del{color:#b3261e}@media(prefers-color-scheme:dark){.add{color:#6fd08c}.del{color:#ff9a93}.bad{color:#ff9a93}}`;

type Content = ReturnType<typeof html>;

function page(parts: HubParts, caller: Caller, title: string, content: Content): Content {
  return html`<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1">
<title>${title} · ${parts.options.name}</title><link rel="stylesheet" href="/style.css"></head><body>
<header><b><a href="/">${parts.options.name}</a></b><span class="quiet">${
    caller.account === null
      ? html`<a href="/login">Log in</a>`
      : html`${caller.account} · <form method="post" action="/logout"><button>Log out</button></form>`
  }</span></header><main><h1>${title}</h1>${content}</main></body></html>`;
}

const linkOf = (record: HubRecord) =>
  `/skills/${encodeURIComponent(record.owner ?? '')}/${encodeURIComponent(record.name)}`;

function summary(record: HubRecord): Content {
  const quality = record.quality;
  return html`<li><a href="${linkOf(record)}">${record.owner}/${record.name}</a> <span class="quiet">v${record.version_number} · ${record.visibility}${
    quality !== undefined && quality.uses > 0 ? ` · ${quality.successes}/${quality.uses} uses went well` : ''
  }</span>${quality?.verdict === 'worse-than-parent' ? html` <span class="bad">does worse than its parent</span>` : ''}<br>${record.description ?? ''}</li>`;
}

function coloured(diff: string): Content[] {
  return diff.split('\n').map((line) => {
    const kind = line.startsWith('+') ? 'add' : line.startsWith('-') ? 'del' : '';
    return html`<span class="${kind}">${line}</span>${raw('\n')}`;
  });
}

/** Adds the pages. The gate counts wrong keys here as it does for the API. */
export function mountPages(app: Hono, parts: HubParts, gate: Gate): void {
  app.get('/style.css', (c) =>
    c.text(STYLE, 200, { 'content-type': 'text/css', 'cache-control': 'max-age=3600' }),
  );
  mountLogin(app, parts, gate);
  mountBrowse(app, parts);
}

/** Who looks at the pages, by the cookie; undefined if they have to log in first. */
async function visitorOf(c: Context, { db, options }: HubParts): Promise<Caller | undefined> {
  const key = getCookie(c, COOKIE);
  if (key === undefined) return options.anonymousRead ? ANONYMOUS : undefined;
  try {
    return await authenticate(db, key);
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    deleteCookie(c, COOKIE);
    return undefined;
  }
}

const toLogin = (c: Context) => c.redirect('/login', 303);

function mountLogin(app: Hono, parts: HubParts, gate: Gate): void {
  const { db } = parts;
  const form = html`<p>With the key that <code>openspace hub login</code> saved.</p>
<form method="post"><input type="password" name="key" aria-label="Key" autocomplete="off" required><button>Log in</button></form>`;
  app.get('/login', (c) => c.html(page(parts, ANONYMOUS, 'Log in', form)));
  app.post('/login', async (c) => {
    const key = (await c.req.formData()).get('key');
    const caller = await gate.guarded(c, () => authenticate(db, typeof key === 'string' ? key : ''));
    // The cookie holds a key of its own, which can only read and ends today.
    const session = await createKey(db, accountOf(caller).id, {
      name: 'browser',
      scopes: ['read'],
      expiresAt: new Date(Date.now() + SESSION_S * 1000),
    });
    const secure = new URL(c.req.url).protocol === 'https:' || c.req.header('x-forwarded-proto') === 'https';
    setCookie(c, COOKIE, session.key, {
      httpOnly: true,
      sameSite: 'Strict',
      path: '/',
      maxAge: SESSION_S,
      secure,
    });
    return c.redirect('/', 303);
  });
  app.post('/logout', async (c) => {
    const caller = await visitorOf(c, parts);
    if (caller !== undefined && caller.keyId !== null)
      await db.run("UPDATE keys SET revoked_at = now() WHERE key_id = $1 AND name = 'browser'", [
        caller.keyId,
      ]);
    deleteCookie(c, COOKIE);
    return toLogin(c);
  });
}

function mountBrowse(app: Hono, parts: HubParts): void {
  const { db } = parts;
  const handlers = createHandlers(parts);
  app.get('/', async (c) => {
    const caller = await visitorOf(c, parts);
    if (caller === undefined) return toLogin(c);
    const query = (c.req.query('q') ?? '').slice(0, 1_000);
    const found = await searchSkills(db, caller, { query, limit: 50, tags: [] }, parts.embedder);
    const list = found.length === 0 ? html`<p>Nothing found.</p>` : html`<ul>${found.map(summary)}</ul>`;
    const form = html`<form><input name="q" value="${query}" aria-label="Search skills" placeholder="Search skills"><button>Search</button></form>`;
    return c.html(page(parts, caller, 'Skills', html`${form}${list}`));
  });
  app.get('/skills/:owner/:name', async (c) => {
    const caller = await visitorOf(c, parts);
    if (caller === undefined) return toLogin(c);
    const { owner, name } = c.req.param();
    const skill = await skillPage(db, caller, 'o.name = $2 AND s.name = $3', [owner, name]);
    const wanted = c.req.query('record') ?? skill.head_record_id;
    const shown = skill.versions.find(({ record_id }) => record_id === wanted) ?? skill.versions[0];
    if (shown === undefined) return toLogin(c);
    const call = { caller, params: { id: shown.record_id }, query: {}, body: {} };
    const diff = shown.status === 'quarantined' ? '' : (await handlers.diff(call)).diff;
    const reviews = await handlers.listReviews(call);
    return c.html(
      page(parts, caller, `${owner}/${name}`, skillContent(skill.versions, shown, diff, reviews)),
    );
  });
}

function skillContent(
  versions: readonly HubRecord[],
  shown: HubRecord,
  diff: string,
  reviews: readonly { account: string; verdict: string; text?: string | undefined }[],
): Content {
  return html`<p>${shown.description ?? ''}</p><p>Install it: <code>openspace hub install ${shown.owner}/${shown.name}</code></p>
<h2>Versions</h2><ul>${versions.map(
    (
      version,
    ) => html`<li><a href="${linkOf(version)}?record=${encodeURIComponent(version.record_id)}">v${version.version_number}</a>
${version.record_id === version.head_record_id ? html`<b>newest</b>` : ''} <span class="quiet">${version.status} · ${version.origin} · by ${version.created_by} · ${version.created_at}
${version.publication ? '· signed' : ''}</span>${version.quality?.verdict === 'worse-than-parent' ? html` <span class="bad">does worse than its parent</span>` : ''}<br>${version.change_summary ?? ''}</li>`,
  )}</ul>
<h2>Reviews</h2>${reviews.length === 0 ? html`<p class="quiet">None yet.</p>` : html`<ul>${reviews.map(({ account, verdict, text }) => html`<li><b>${account}</b> ${verdict}<br>${text ?? ''}</li>`)}</ul>`}
<h2>Changes in v${shown.version_number}</h2><pre>${coloured(diff)}</pre>`;
}
