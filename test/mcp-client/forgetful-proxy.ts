// A loopback proxy in front of an MCP server that can forget all sessions, as a restarted server does.
import { createServer, request } from 'node:http';
import type { AddressInfo } from 'node:net';

export async function forgetSessions(target: number) {
  const forgotten = new Set<string>();
  const seen = new Set<string>();
  const server = createServer((incoming, outgoing) => {
    const session = incoming.headers['mcp-session-id'];
    if (typeof session === 'string') seen.add(session);
    if (typeof session === 'string' && forgotten.has(session)) {
      outgoing.writeHead(404).end('no such session');
      return;
    }
    const onward = request(
      {
        host: '127.0.0.1',
        port: target,
        path: incoming.url,
        method: incoming.method,
        headers: incoming.headers,
      },
      (answer) => {
        outgoing.writeHead(answer.statusCode ?? 502, answer.headers);
        answer.pipe(outgoing);
      },
    );
    onward.on('error', () => outgoing.destroy());
    outgoing.on('close', () => onward.destroy());
    incoming.pipe(onward);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    port: (server.address() as AddressInfo).port,
    forget: () => {
      for (const session of seen) forgotten.add(session);
    },
    close: () => {
      server.closeAllConnections();
      server.close();
    },
  };
}
