// Reads the original's `config_security.json` and says the same in our rules.
import { z } from 'zod';
import { OpenSpaceError } from '../../lib/index.ts';
import type { Rule } from './rules.ts';

const blockedSchema = z.union([z.array(z.string()), z.record(z.string(), z.array(z.string()))]);
const policySchema = z.object({
  allow_shell_commands: z.boolean().optional(),
  allow_network_access: z.boolean().optional(),
  allow_file_access: z.boolean().optional(),
  allowed_domains: z.array(z.string()).optional(),
  blocked_commands: blockedSchema.optional(),
  sandbox_enabled: z.boolean().optional(),
});
const fileSchema = z.object({
  security_policies: z.object({
    global: policySchema.optional(),
    backend: z.record(z.string(), policySchema).optional(),
  }),
});
type OriginalPolicy = z.output<typeof policySchema>;

export interface MappedPolicy {
  readonly rules: readonly Rule[];
  /** Domains that may be contacted. */
  readonly allowHosts: readonly string[];
  /** The file demands a sandbox. */
  readonly needsSandbox: boolean;
  /** What could not be said in rules, for people. */
  readonly notes: readonly string[];
}

const SYSTEMS: Readonly<Record<string, string>> = { linux: 'linux', darwin: 'darwin', win32: 'windows' };

/** Maps the content of the file. Throws `config` if it is not of that form: a policy is never dropped. */
export function mapOriginalPolicy(
  content: unknown,
  platform: NodeJS.Platform = process.platform,
): MappedPolicy {
  const parsed = fileSchema.safeParse(content);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    throw new OpenSpaceError('config', `config_security.json: ${issue?.path.join('.')}: ${issue?.message}`, {
      hint: 'Correct the file; nothing runs without the policy that it asks for.',
    });
  }
  const { global = {}, backend = {} } = parsed.data.security_policies;
  const of = (name: string): OriginalPolicy => ({ ...global, ...backend[name] });
  const [shell, mcp, web, files] = [of('shell'), of('mcp'), of('web'), of('shell')];
  const rules: Rule[] = [];
  const notes: string[] = [];
  if (shell.allow_shell_commands === false)
    rules.push({ decision: 'deny', tool: 'run_shell', reason: 'allow_shell_commands is false' });
  if (mcp.allow_shell_commands === false && backend.mcp?.allow_shell_commands === false) {
    notes.push('mcp: allow_shell_commands has no meaning for servers and is left out.');
  }
  if (web.allow_network_access === false)
    rules.push({ decision: 'deny', tool: 'web_*', reason: 'allow_network_access is false' });
  if (files.allow_file_access === false) {
    for (const tool of ['read_file', 'write_file', 'edit_file', 'list_dir', 'find_files', 'grep']) {
      rules.push({ decision: 'deny', tool, reason: 'allow_file_access is false' });
    }
  }
  if (mcp.allow_network_access === false && backend.mcp?.allow_network_access === false) {
    rules.push({ decision: 'deny', server: '*', reason: 'allow_network_access is false for mcp' });
  }
  rules.push(...blockedRules(shell, platform, notes));
  const domains = [...(web.allowed_domains ?? []), ...(shell.allowed_domains ?? [])];
  const allowHosts = shell.allow_network_access === false ? [] : [...new Set(domains)];
  if ((web.allowed_domains ?? []).length > 0) {
    rules.push(
      ...(web.allowed_domains ?? []).map((host): Rule => ({ decision: 'allow', tool: 'web_fetch', host })),
      { decision: 'ask', tool: 'web_fetch', reason: 'the host is not in allowed_domains' },
    );
  }
  const needsSandbox = [global, ...Object.values(backend)].some((policy) => policy.sandbox_enabled === true);
  return { rules, allowHosts, needsSandbox, notes };
}

/** The original asked before a blocked word; so do we, but only where the word is the command. */
function blockedRules(policy: OriginalPolicy, platform: NodeJS.Platform, notes: string[]): Rule[] {
  const blocked = policy.blocked_commands ?? [];
  const system = SYSTEMS[platform] ?? platform;
  const entries = Array.isArray(blocked) ? blocked : [...(blocked.common ?? []), ...(blocked[system] ?? [])];
  const rules: Rule[] = [];
  const left: string[] = [];
  for (const entry of new Set(entries.map((item) => item.trim()).filter(Boolean))) {
    if (/^[a-z][\w.+-]*(?: .*)?$/i.test(entry) && !ARGUMENTS.has(entry)) {
      rules.push({ decision: 'ask', command: `${entry} *`, reason: `"${entry}" is in blocked_commands` });
    } else left.push(entry);
  }
  if (left.length > 0) {
    notes.push(
      `blocked_commands: ${left.join(', ')} are arguments and no commands; alone they block nothing.`,
    );
  }
  return rules;
}

/** Words of the original's shipped lists that are arguments. */
const ARGUMENTS = new Set(['root', 'user', 'delete', '777']);
