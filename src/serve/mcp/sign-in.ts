// Signing in for standard clients: a small OAuth 2.1 authorization server whose only secret is the token of this data
// home. The person pastes it once in the browser; the client gets it by code and PKCE, and has to keep nothing else.
import { createHash, createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { getRequestListener } from '@hono/node-server';
import { type Context, Hono } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import { html } from 'hono/html';
import { z } from 'zod';
import { parseJson } from '../../lib/index.ts';
import { carriesToken } from './token.ts';

const PATHS = {
  metadata: '/.well-known/oauth-authorization-server',
  register: '/register',
  authorize: '/authorize',
  token: '/token',
};
const CODE_TTL_MS = 60_000;
const MAX_CODES = 100;
const MAX_BODY_BYTES = 20_000;

/** Back to a program on this machine, to a site over TLS, or to an app by a scheme of its own; never to a script. */
const RedirectUri = z
  .string()
  .max(2_000)
  .refine((text) => {
    if (!URL.canParse(text)) return false;
    const { protocol, hostname, hash } = new URL(text);
    if (hash !== '') return false;
    if (protocol === 'http:') return ['localhost', '127.0.0.1', '[::1]'].includes(hostname);
    return !['javascript:', 'data:', 'file:', 'blob:', 'vbscript:', 'about:'].includes(protocol);
  }, 'an address that nobody may be sent to');

const ClientMetadata = z.object({
  redirect_uris: z.array(RedirectUri).min(1).max(10),
  client_name: z.string().max(200).default('A client'),
});
type ClientMetadata = z.infer<typeof ClientMetadata>;

const AuthorizationRequest = z.object({
  response_type: z.literal('code'),
  client_id: z.string(),
  redirect_uri: z.string(),
  code_challenge: z.string().regex(/^[\w-]{43}$/),
  code_challenge_method: z.literal('S256'),
  state: z.string().max(2_000).optional(),
});
type AuthorizationRequest = z.infer<typeof AuthorizationRequest>;

const TokenRequest = z.object({
  grant_type: z.literal('authorization_code'),
  code: z.string(),
  code_verifier: z.string(),
  client_id: z.string(),
  redirect_uri: z.string(),
});

export interface SignIn {
  /** True for the addresses that are answered here, all without a token. */
  owns(pathname: string): boolean;
  handle(request: IncomingMessage, response: ServerResponse): Promise<void>;
}

export function openSignIn(token: string): SignIn {
  const codes = openCodes();
  const clients = openClients(token);
  const app = new Hono();
  app.use(bodyLimit({ maxSize: MAX_BODY_BYTES }));
  app.get(PATHS.metadata, (context) => context.json(serverMetadata(originOf(context))));
  app.post(PATHS.register, async (context) => {
    const client = ClientMetadata.safeParse(parseJson(await context.req.text()));
    if (!client.success) return refused(context, 'invalid_client_metadata', client.error);
    return context.json({ ...client.data, ...clientFacts, client_id: clients.idOf(client.data) }, 201);
  });
  const authorize = async (context: Context, fields: unknown, pasted?: string) => {
    const request = AuthorizationRequest.safeParse(fields);
    if (!request.success) return refused(context, 'invalid_request', request.error);
    const { data } = request;
    const client = clients.find(data.client_id);
    // Nobody is sent to an address that the client did not register.
    if (!client?.redirect_uris.includes(data.redirect_uri)) return refused(context, 'invalid_client');
    if (pasted === undefined) return askForToken(context, client, data);
    if (!carriesToken(`Bearer ${pasted.trim()}`, token)) return askForToken(context, client, data, true);
    const back = new URL(data.redirect_uri);
    back.searchParams.set('code', codes.issue(data));
    if (data.state !== undefined) back.searchParams.set('state', data.state);
    return context.redirect(back.href, 303);
  };
  app.get(PATHS.authorize, (context) => authorize(context, context.req.query()));
  app.post(PATHS.authorize, async (context) => {
    const { pasted, ...fields } = await context.req.parseBody();
    return authorize(context, fields, typeof pasted === 'string' ? pasted : '');
  });
  app.post(PATHS.token, async (context) => {
    const request = TokenRequest.safeParse(await context.req.parseBody());
    if (!request.success) return refused(context, 'invalid_request', request.error);
    if (!codes.redeem(request.data)) return refused(context, 'invalid_grant');
    return context.json({ access_token: token, token_type: 'Bearer' }, 200, { 'cache-control': 'no-store' });
  });
  const owned = new Set(Object.values(PATHS));
  return { owns: (pathname) => owned.has(pathname), handle: getRequestListener(app.fetch) };
}

const originOf = ({ req }: Context) => `http://${req.header('host') ?? 'localhost'}`;

const clientFacts = {
  token_endpoint_auth_method: 'none',
  grant_types: ['authorization_code'],
  response_types: ['code'],
};

/** RFC 8414. */
const serverMetadata = (origin: string) => ({
  issuer: origin,
  authorization_endpoint: origin + PATHS.authorize,
  token_endpoint: origin + PATHS.token,
  registration_endpoint: origin + PATHS.register,
  response_types_supported: ['code'],
  grant_types_supported: ['authorization_code'],
  code_challenge_methods_supported: ['S256'],
  token_endpoint_auth_methods_supported: ['none'],
});

function refused(context: Context, error: string, why?: z.ZodError) {
  const error_description = why === undefined ? undefined : z.prettifyError(why);
  return context.json({ error, error_description }, 400, { 'cache-control': 'no-store' });
}

/** Clients are not stored: their id carries what they registered, and a proof that it was here. */
function openClients(token: string) {
  const proofOf = (text: string) => createHmac('sha256', token).update(`client ${text}`).digest();
  return {
    idOf(client: ClientMetadata): string {
      const text = Buffer.from(JSON.stringify(client)).toString('base64url');
      return `${text}.${proofOf(text).toString('base64url')}`;
    },
    find(id: string): ClientMetadata | undefined {
      const [text = '', proof = ''] = id.split('.');
      const [given, right] = [Buffer.from(proof, 'base64url'), proofOf(text)];
      if (given.length !== right.length || !timingSafeEqual(given, right)) return undefined;
      return ClientMetadata.parse(parseJson(Buffer.from(text, 'base64url').toString()));
    },
  };
}

/** Codes for one use within a minute. */
function openCodes() {
  const codes = new Map<string, AuthorizationRequest & { expiresAt: number }>();
  return {
    issue(request: AuthorizationRequest): string {
      const [oldest] = codes.keys();
      if (codes.size >= MAX_CODES && oldest !== undefined) codes.delete(oldest);
      const code = randomBytes(32).toString('base64url');
      codes.set(code, { ...request, expiresAt: performance.now() + CODE_TTL_MS });
      return code;
    },
    redeem({ code, code_verifier, client_id, redirect_uri }: z.infer<typeof TokenRequest>): boolean {
      const known = codes.get(code);
      codes.delete(code); // a wrong try uses it up, too
      return (
        known !== undefined &&
        performance.now() < known.expiresAt &&
        known.client_id === client_id &&
        known.redirect_uri === redirect_uri &&
        known.code_challenge === createHash('sha256').update(code_verifier).digest('base64url')
      );
    },
  };
}

function askForToken(context: Context, client: ClientMetadata, request: AuthorizationRequest, again = false) {
  const { origin, protocol } = new URL(request.redirect_uri);
  const target = origin === 'null' ? protocol : origin;
  const nonce = randomBytes(16).toString('base64');
  // Browsers hold the answer to a form to `form-action`, too.
  context.header(
    'content-security-policy',
    `default-src 'none'; style-src 'nonce-${nonce}'; frame-ancestors 'none'; form-action 'self' ${target}`,
  );
  context.header('referrer-policy', 'same-origin');
  context.header('cache-control', 'no-store');
  return context.html(
    html`<!doctype html>
      <html lang="en">
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        <title>OpenSpace: sign in</title>
        <style nonce="${nonce}">
          body { font: 1rem/1.5 system-ui, sans-serif; max-width: 34rem; margin: 4rem auto; padding: 0 1rem; }
          input, button { font: inherit; padding: 0.4rem 0.6rem; }
          input { display: block; box-sizing: border-box; width: 100%; margin-top: 0.4rem; }
        </style>
        <h1>“${client.client_name}” wants to use OpenSpace on this machine</h1>
        <p>It can then run tasks and read and change skills here. Afterwards you are sent to ${target}.</p>
        ${again ? html`<p role="alert"><strong>This is not the token.</strong></p>` : ''}
        <form method="post" action="${PATHS.authorize}">
          ${Object.entries(request).map(([name, value]) => html`<input type="hidden" name="${name}" value="${value}" />`)}
          <p>
            <label>Token, shown by <code>openspace mcp token</code>:
              <input name="pasted" type="password" size="50" autocomplete="off" required autofocus /></label>
          </p>
          <button>Allow</button>
        </form>
      </html>`,
    again ? 403 : 200,
  );
}
