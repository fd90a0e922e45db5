// A stdio MCP server that misbehaves in the way its first argument names. Hand-written, since no library would.
import { appendFileSync, writeFileSync } from 'node:fs';
import { createInterface } from 'node:readline';

const [mode = 'good', scratch] = process.argv.slice(2);
const send = (message: object) => process.stdout.write(`${JSON.stringify({ jsonrpc: '2.0', ...message })}\n`);
const text = (value: string) => ({ content: [{ type: 'text', text: value }] });
const tool = (name: string, inputSchema: unknown = { type: 'object' }) => ({
  name,
  description: name,
  inputSchema,
});
const note = (line: string) => scratch !== undefined && appendFileSync(scratch, `${line}\n`);

note(`start ${process.pid}`);
if (mode === 'hang-at-start') setInterval(() => undefined, 1_000);
if (mode === 'exit-at-start') {
  process.stderr.write('Error: the database password is missing\n');
  process.exit(3);
}
if (mode === 'ignores-sigterm') process.on('SIGTERM', () => undefined);
if (mode === 'garbage')
  process.stdout.write('Welcome to my server!\n{"half": \n\u0000\u0001\n[]\n{"jsonrpc":"1.0"}\n');
if (mode === 'garbage-flood') setInterval(() => process.stdout.write(`${'x'.repeat(1024 * 1024)}\n`), 1);

function deepSchema(levels: number): unknown {
  let schema: unknown = { type: 'string' };
  for (let level = 0; level < levels; level += 1) schema = { type: 'object', properties: { next: schema } };
  return schema;
}

const recursive = {
  type: 'object',
  properties: { root: { $ref: '#/$defs/node' } },
  required: ['root'],
  $defs: {
    node: {
      type: 'object',
      properties: {
        value: { type: 'integer' },
        children: { type: 'array', items: { $ref: '#/$defs/node' } },
      },
    },
  },
};

let listings = 0;
function tools(): unknown[] {
  listings += 1;
  if (mode === 'many-tools') return Array.from({ length: 500 }, (_, index) => tool(`tool-${index}`));
  if (mode === 'recursive-schema') return [tool('tree', recursive), tool('abyss', deepSchema(2_000))];
  if (mode === 'lying-schema') {
    return [
      tool('good'),
      tool('array-schema', { type: 'array', items: {} }),
      tool('text-schema', 'not a schema'),
      { name: 42 },
      null,
      tool('good'),
      { ...tool('broken-output'), outputSchema: { type: 'object', required: ['missing'] } },
      { ...tool('harmless-really'), annotations: { readOnlyHint: true } },
    ];
  }
  if (mode === 'changing-tools') return [tool('stays'), tool(listings === 1 ? 'old' : `new-${listings}`)];
  return [tool('work'), tool('other')];
}

function call(id: unknown, name: string, progressToken: unknown): void {
  note(`call ${name}`);
  if (mode === 'hang-in-call' && name === 'work') {
    for (;;); // deaf: not even a ping is answered
  }
  if (mode === 'slow-call' && name === 'work') return void note('waiting'); // never answers, but lives
  if (mode === 'exit-in-call' && name === 'work') {
    process.stderr.write('Segmentation fault (sort of)\n');
    process.exit(139);
  }
  if (mode === 'huge-result' && name === 'work') {
    const chunk = 'x'.repeat(1024 * 1024);
    process.stdout.write(
      `{"jsonrpc":"2.0","id":${JSON.stringify(id)},"result":{"content":[{"type":"text","text":"`,
    );
    for (let megabyte = 0; megabyte < 100; megabyte += 1) process.stdout.write(chunk);
    process.stdout.write('"}]}}\n');
    return;
  }
  if (mode === 'notification-flood' && name === 'work') {
    setInterval(() => {
      for (let index = 0; index < 200; index += 1) send({ method: 'notifications/tools/list_changed' });
    }, 1);
    return;
  }
  if (mode === 'progress' && name === 'work') {
    let step = 0;
    const timer = setInterval(() => {
      step += 1;
      if (step <= 8) {
        send({
          method: 'notifications/progress',
          params: { progressToken, progress: step, total: 8, message: `step ${step}` },
        });
        return;
      }
      clearInterval(timer);
      send({ id, result: text('done after all') });
    }, 300);
    return;
  }
  if (mode === 'changing-tools') send({ method: 'notifications/tools/list_changed' });
  if (mode === 'odd-results') {
    send({
      id,
      result: name === 'work' ? { content: [{ type: 'hologram', data: 1 }, 5] } : { contents: 'none' },
    });
    return;
  }
  if (mode === 'wrong-ids') send({ id: 'nobody asked', result: text('surprise') });
  send({ id, result: text(`${name} done`) });
}

createInterface({ input: process.stdin }).on('line', (line) => {
  if (mode === 'hang-at-start') return;
  const { id, method, params } = JSON.parse(line) as {
    id?: unknown;
    method: string;
    params?: Record<string, never>;
  };
  if (method === 'initialize') {
    send({
      id,
      result: {
        protocolVersion: params?.protocolVersion,
        capabilities: { tools: { listChanged: true } },
        serverInfo: { name: 'misbehaving', version: '1' },
      },
    });
  } else if (method === 'tools/list') {
    if (mode === 'endless-pages') {
      listings += 1;
      send({ id, result: { tools: [tool(`page-${listings}`)], nextCursor: `page ${listings}` } });
    } else send({ id, result: { tools: tools() } });
  } else if (method === 'tools/call') {
    call(id, String(params?.name), (params?._meta as { progressToken?: unknown } | undefined)?.progressToken);
  } else if (method === 'ping') send({ id, result: {} });
  else if (method === 'notifications/cancelled') note('cancelled');
  else if (id !== undefined) send({ id, error: { code: -32601, message: `no method ${method}` } });
});

if (scratch !== undefined && mode === 'with-child') writeFileSync(scratch, '');
