// Signing in to remote MCP servers: tokens in one private file, the browser's answer on a loopback address.
import { chmodSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type {
  OAuthClientMetadata,
  OAuthClientProvider,
  OAuthDiscoveryState,
  StoredOAuthClientInformation,
  StoredOAuthTokens,
} from '@modelcontextprotocol/client';
import { z } from 'zod';
import { OpenSpaceError, readTextIfPresent, type World, writeFileAtomic } from '../../lib/index.ts';

export type { OAuthClientProvider } from '@modelcontextprotocol/client';

const tokensSchema = z.looseObject({
  access_token: z.string(),
  token_type: z.string(),
  refresh_token: z.string().optional(),
  expires_in: z.number().optional(),
  scope: z.string().optional(),
  id_token: z.string().optional(),
  issuer: z.string().optional(),
});
const clientSchema = z.looseObject({
  client_id: z.string(),
  client_secret: z.string().optional(),
  issuer: z.string().optional(),
});
const entrySchema = z.object({
  tokens: tokensSchema.optional(),
  client: clientSchema.optional(),
  /** The port that the client was registered with. */
  port: z.number().int().optional(),
});
const fileSchema = z.object({ version: z.literal(1), servers: z.record(z.string(), entrySchema) });
type Entry = z.infer<typeof entrySchema>;

/** What is known about signing in to each server, by its URL. */
export interface TokenStore {
  get(url: string): Entry;
  update(url: string, change: Partial<Record<keyof Entry, unknown>>): void;
  remove(url: string): void;
}

/** A store in one file that only the user can read (0600). */
export function openTokenStore(path: string): TokenStore {
  const read = () => {
    const text = readTextIfPresent(path);
    if (text === undefined) return {};
    try {
      return fileSchema.parse(JSON.parse(text)).servers;
    } catch (error) {
      throw new OpenSpaceError('corrupt', `${path} can't be read`, {
        hint: 'Delete the file and sign in to your MCP servers again.',
        cause: error,
      });
    }
  };
  const write = (servers: Record<string, Entry>) => {
    writeFileAtomic(path, `${JSON.stringify({ version: 1, servers }, null, 1)}\n`, { mode: 0o600 });
    if (process.platform !== 'win32') chmodSync(path, 0o600); // whatever the umask says
  };
  return {
    get: (url) => read()[url] ?? {},
    update: (url, change) => {
      const servers = read();
      servers[url] = entrySchema.parse(JSON.parse(JSON.stringify({ ...servers[url], ...change })));
      write(servers);
    },
    remove: (url) => {
      const servers = read();
      delete servers[url];
      write(servers);
    },
  };
}

export interface ProviderOptions {
  readonly url: string;
  readonly store: TokenStore;
  /** Where the browser comes back to; undefined outside of a sign-in. */
  readonly redirectUrl?: string;
  readonly state?: string;
  /** Shows the address to the user. Without it the user can't be asked, and a needed sign-in fails. */
  readonly onRedirect?: (address: URL) => void;
}

/** The SDK's view of the store. Tokens are refreshed silently; a sign-in happens only with `onRedirect`. */
export function createOAuthProvider(options: ProviderOptions): OAuthClientProvider {
  const { url, store } = options;
  let verifier = '';
  let discovery: OAuthDiscoveryState | undefined;
  const clientMetadata: OAuthClientMetadata = {
    client_name: 'OpenSpace',
    redirect_uris: [options.redirectUrl ?? 'http://127.0.0.1/callback'],
    grant_types: ['authorization_code', 'refresh_token'],
    response_types: ['code'],
    token_endpoint_auth_method: 'none',
  };
  const signIn = () =>
    new OpenSpaceError('auth', `${url} wants you to sign in`, {
      hint: 'Run `openspace mcp login NAME` with the name of this server.',
    });
  return {
    redirectUrl: options.redirectUrl ?? 'http://127.0.0.1/callback',
    clientMetadata,
    ...(options.state === undefined ? {} : { state: () => options.state ?? '' }),
    clientInformation: (): StoredOAuthClientInformation | undefined => {
      const client = store.get(url).client;
      // Registering is part of a sign-in; outside of one it would only leave clients behind at the server.
      if (client === undefined && options.onRedirect === undefined) throw signIn();
      return client;
    },
    saveClientInformation: (client) => store.update(url, { client }),
    tokens: (): StoredOAuthTokens | undefined => store.get(url).tokens,
    saveTokens: (tokens) => store.update(url, { tokens }),
    redirectToAuthorization: (address) => {
      if (options.onRedirect === undefined) throw signIn();
      options.onRedirect(address);
    },
    saveCodeVerifier: (value) => {
      verifier = value;
    },
    codeVerifier: () => verifier,
    saveDiscoveryState: (state) => {
      discovery = state;
    },
    discoveryState: () => discovery,
    invalidateCredentials: (scope) => {
      if (scope === 'all' || scope === 'client') store.update(url, { client: undefined });
      if (scope === 'all' || scope === 'tokens') store.update(url, { tokens: undefined });
      if (scope === 'all' || scope === 'discovery') discovery = undefined;
    },
  };
}

export interface LoginOptions {
  readonly url: string;
  readonly store: TokenStore;
  readonly world: World;
  /** Shows the address to the user, or opens a browser there. */
  readonly open: (address: URL) => void;
  readonly signal: AbortSignal;
  readonly timeoutMs: number;
}

/** Signs in: registers this program at the authorization server, sends the user there, takes the code, stores the tokens. */
export async function login(options: LoginOptions): Promise<void> {
  const { auth } = await import('@modelcontextprotocol/client');
  const { url, store } = options;
  const state = options.world.randomHex(16);
  const signal = AbortSignal.any([options.signal, AbortSignal.timeout(options.timeoutMs)]);
  const callback = await openCallback(store.get(url).port, state);
  try {
    // A client is registered for one address; on another port it has to be registered anew.
    if (store.get(url).port !== callback.port) store.update(url, { client: undefined, port: callback.port });
    const provider = createOAuthProvider({
      url,
      store,
      redirectUrl: callback.address,
      state,
      onRedirect: options.open,
    });
    const first = await auth(provider, { serverUrl: url, forceReauthorization: true });
    if (first === 'AUTHORIZED') return;
    const answer = await callback.wait(signal);
    const code = answer.get('code');
    if (code === null) {
      throw new OpenSpaceError('auth', `the sign-in was refused (${answer.get('error') ?? 'no code'})`);
    }
    const iss = answer.get('iss');
    await auth(provider, { serverUrl: url, authorizationCode: code, ...(iss === null ? {} : { iss }) });
  } finally {
    callback.close();
  }
}

interface Callback {
  readonly port: number;
  readonly address: string;
  wait(signal: AbortSignal): Promise<URLSearchParams>;
  close(): void;
}

/** Waits on the loopback address for the one request that carries our `state`. */
async function openCallback(wantedPort: number | undefined, state: string): Promise<Callback> {
  let deliver: (answer: URLSearchParams) => void = () => undefined;
  const answer = new Promise<URLSearchParams>((resolve) => {
    deliver = resolve;
  });
  const server = createServer((request, response) => {
    const url = new URL(request.url ?? '/', 'http://127.0.0.1');
    const ours = url.pathname === '/callback' && url.searchParams.get('state') === state;
    response.writeHead(ours ? 200 : 400, {
      'content-type': 'text/plain; charset=utf-8',
      connection: 'close',
    });
    response.end(ours ? 'Signed in. You can close this window.' : 'This is not the expected answer.');
    if (ours) deliver(url.searchParams);
  });
  const listen = (port: number) =>
    new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(port, '127.0.0.1', () => resolve());
    });
  await listen(wantedPort ?? 0).catch(() => listen(0)); // the old port may be taken
  const { port } = server.address() as AddressInfo;
  return {
    port,
    address: `http://127.0.0.1:${port}/callback`,
    wait: (signal) =>
      new Promise((resolve, reject) => {
        const giveUp = () => reject(new OpenSpaceError('timeout', 'nobody signed in in time'));
        if (signal.aborted) return giveUp();
        signal.addEventListener('abort', giveUp, { once: true });
        void answer.then((params) => {
          signal.removeEventListener('abort', giveUp);
          resolve(params);
        });
      }),
    close: () => {
      server.close();
      server.closeAllConnections();
    },
  };
}
