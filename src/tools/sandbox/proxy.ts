// The only way out of a sandbox: an HTTP proxy on a Unix socket (or loopback port) that lets allowed hosts through.
import { lookup } from 'node:dns/promises';
import { createServer, request as httpRequest, type IncomingMessage, type ServerResponse } from 'node:http';
import { connect, isIP, type Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { OpenSpaceError, toMessage } from '../../lib/index.ts';
import { hostFits, isPublicAddress } from '../addresses.ts';

export interface ProxyOptions {
  /** Path of the socket, or `0` for a port of the system's choice on 127.0.0.1. */
  readonly listen: string | 0;
  readonly allowHosts: readonly string[];
  /** Allowed hosts may have private addresses only if they are named here as they are. */
  readonly allowPrivate?: readonly string[];
  /** Addresses of a name; the system's resolver by default. */
  readonly resolve?: (host: string) => Promise<readonly string[]>;
}

export interface AllowProxy {
  /** The port, where it listens on one. */
  readonly port: number | undefined;
  close(): Promise<void>;
}

const CONNECT_TIMEOUT_MS = 15_000;

const systemResolver = async (host: string) =>
  (await lookup(host, { all: true })).map(({ address }) => address);

/** Opens the proxy. A name is resolved once, every address is checked, and the checked one is connected to: no rebinding. */
export async function openProxy(options: ProxyOptions): Promise<AllowProxy> {
  const sockets = new Set<Duplex>();
  const track = (socket: Duplex) => {
    sockets.add(socket);
    socket.on('error', () => socket.destroy());
    socket.once('close', () => sockets.delete(socket));
  };
  const server = createServer((request, response) => void forward(request, response, options, track));
  server.on('connect', (request: IncomingMessage, client: Duplex, head: Buffer) => {
    track(client);
    void tunnel(request, client, head, options, track);
  });
  server.on('connection', track);
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    if (options.listen === 0) server.listen(0, '127.0.0.1', resolve);
    else server.listen(options.listen, resolve);
  });
  const address = server.address();
  return {
    port: typeof address === 'object' && address !== null ? address.port : undefined,
    async close() {
      for (const socket of sockets) socket.destroy();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}

/** The address to connect to. Throws `denied` for a host that is not allowed or has a private address. */
export async function checkHost(host: string, options: Omit<ProxyOptions, 'listen'>): Promise<string> {
  const name = host.replace(/^\[|\]$/g, '');
  if (!options.allowHosts.some((pattern) => hostFits(pattern, name))) {
    throw new OpenSpaceError('denied', `${name} is not an allowed host`);
  }
  const addresses = isIP(name) === 0 ? await (options.resolve ?? systemResolver)(name) : [name];
  const mayBePrivate = options.allowPrivate?.some((pattern) => hostFits(pattern, name)) ?? false;
  const refused = mayBePrivate ? undefined : addresses.find((address) => !isPublicAddress(address));
  const [first] = addresses;
  if (refused !== undefined || first === undefined) {
    throw new OpenSpaceError('denied', `${name} has the private address ${refused ?? '(none)'}`);
  }
  return first;
}

async function tunnel(
  request: IncomingMessage,
  client: Duplex,
  head: Buffer,
  options: ProxyOptions,
  track: (socket: Duplex) => void,
): Promise<void> {
  try {
    const target = new URL(`http://${request.url ?? ''}`);
    const address = await checkHost(target.hostname, options);
    const remote = await dial(address, Number(target.port || 443));
    track(remote);
    client.write('HTTP/1.1 200 Connection Established\r\n\r\n');
    if (head.length > 0) remote.write(head);
    remote.pipe(client).pipe(remote);
    client.once('close', () => remote.destroy());
    remote.once('close', () => client.destroy());
  } catch (error) {
    client.end(`HTTP/1.1 403 Forbidden\r\nContent-Type: text/plain\r\n\r\nopenspace: ${toMessage(error)}\n`);
  }
}

function dial(address: string, port: number): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host: address, port, timeout: CONNECT_TIMEOUT_MS });
    socket.once('connect', () => {
      socket.setTimeout(0);
      resolve(socket);
    });
    socket.once('timeout', () => socket.destroy(new Error('the connection took too long')));
    socket.once('error', reject);
  });
}

async function forward(
  request: IncomingMessage,
  response: ServerResponse,
  options: ProxyOptions,
  track: (socket: Duplex) => void,
): Promise<void> {
  const refuse = (error: unknown) => {
    if (!response.headersSent) response.writeHead(403, { 'content-type': 'text/plain' });
    response.end(`openspace: ${toMessage(error)}\n`);
  };
  try {
    const target = new URL(request.url ?? '');
    if (target.protocol !== 'http:') throw new OpenSpaceError('denied', `${target.protocol} is not proxied`);
    const host = await checkHost(target.hostname, options);
    const { 'proxy-authorization': _, 'proxy-connection': __, ...headers } = request.headers;
    const outgoing = httpRequest(
      {
        host,
        port: Number(target.port || 80),
        method: request.method,
        path: `${target.pathname}${target.search}`,
        headers: { ...headers, host: target.host },
        timeout: CONNECT_TIMEOUT_MS,
      },
      (answer) => {
        response.writeHead(answer.statusCode ?? 502, answer.headers);
        answer.pipe(response);
      },
    );
    outgoing.on('socket', track);
    outgoing.on('timeout', () => outgoing.destroy(new Error('no answer')));
    outgoing.on('error', refuse);
    response.on('close', () => outgoing.destroy());
    request.pipe(outgoing);
  } catch (error) {
    refuse(error);
  }
}
