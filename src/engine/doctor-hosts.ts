// What the doctor says of hosts: who called over MCP and how often, and why one that is connected may not be calling.
import type { Config } from '../config/index.ts';
import { plural } from '../lib/index.ts';
import { type Caller, readCallers } from './callers/index.ts';
import type { Check } from './doctor.ts';

const SHOWN = 8;

export function* checkHosts({ home }: Config): Generator<Check> {
  const callers = readCallers(home);
  if (callers.length === 0)
    yield { name: 'hosts', status: 'off', detail: 'no agent has connected over MCP yet' };
  for (const caller of callers.slice(0, SHOWN)) yield checkCaller(caller);
}

function checkCaller(caller: Caller): Check {
  const { name, connected, calls, errors, last_at } = caller;
  const entries = Object.entries(calls).sort(([, a], [, b]) => b - a);
  const made = entries.reduce((sum, [, count]) => sum + count, 0);
  const counts = entries.map(([tool, count]) => `${tool} ${count}`).join(', ');
  const failed = errors === 0 ? '' : `, ${errors} failed`;
  const detail = `${name}: connected ${plural(connected, 'time')}, ${made === 0 ? 'never called a tool' : `called ${counts}${failed}`}, last on ${last_at.slice(0, 16).replace('T', ' ')}`;
  const hint = whySilent(caller, made);
  return { name: 'host', status: hint === undefined ? 'ok' : 'warn', detail, ...(hint && { hint }) };
}

/** The likeliest reason why a host does not call, or calls in vain; undefined if all is well. */
function whySilent({ name, listed, errors, last_error }: Caller, made: number): string | undefined {
  if (listed === 0 && made === 0)
    return 'It never asked for the tools: look whether the server is enabled in its settings.';
  if (made === 0)
    return `It knows the tools and does not use them: copy the folders of host-skills/ into its skill folder.${approvalHint(name)}`;
  if (errors > made / 2) return `Most of its calls failed, the last one with ${last_error ?? 'an error'}.`;
  return undefined;
}

const approvalHint = (name: string): string =>
  /codex/i.test(name)
    ? '\nWithout a person Codex calls only what it need not ask for: default_tools_approval_mode = "approve".'
    : '';
