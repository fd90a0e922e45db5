// MCP over stdin and stdout: nothing but protocol on stdout, and an end as soon as the client is gone.
import { StdioServerTransport, serveStdio } from '@modelcontextprotocol/server/stdio';
import { createMcpServer, type McpServerOptions } from './server.ts';
import { guardStdout } from './stdout-guard.ts';

export interface StdioOptions {
  readonly server: Omit<McpServerOptions, 'clientKey'>;
  /** Aborted by SIGINT or SIGTERM. */
  readonly signal: AbortSignal;
  /** For people: what was wrong with a message. */
  readonly warn: (text: string) => void;
}

/** Larger messages end the connection. */
const MAX_MESSAGE_BYTES = 10 * 2 ** 20;

/** Serves one client until its end of the pipe closes or the signal aborts. */
export async function serveOverStdio({ server, signal, warn }: StdioOptions): Promise<void> {
  const guard = guardStdout();
  const ended = Promise.withResolvers<void>();
  const end = () => ended.resolve();
  const transport = new StdioServerTransport(process.stdin, guard.protocol, {
    maxBufferSize: MAX_MESSAGE_BYTES,
  });
  process.stdin.once('end', end).once('close', end);
  signal.addEventListener('abort', end);
  const connection = serveStdio(() => createMcpServer({ ...server, clientKey: 'stdio' }), {
    transport,
    onerror: (error) => warn(error.message),
  });
  const { onclose } = transport;
  // A message too large, or a broken pipe, closes the connection from our side.
  transport.onclose = () => {
    onclose?.();
    end();
  };
  await ended.promise;
  signal.removeEventListener('abort', end);
  process.stdin.off('end', end).off('close', end);
  await connection.close();
  process.stdin.destroy();
  guard.release();
}
