// The policy: decides each call before it runs, from rules, remembered decisions and the mode.
import { homedir } from 'node:os';
import { join, relative } from 'node:path';
import type { Tool, ToolCall, ToolContext } from '../../agent/index.ts';
import { directView, type FolderView, isInside, OpenSpaceError, realPathOfFuture } from '../../lib/index.ts';
import { hostFits, isPublicAddress } from '../addresses.ts';
import type { SandboxReport } from '../sandbox/report.ts';
import { isEnvFile, SECRETS_IN_HOME, SECRETS_OF_SYSTEM } from '../sandbox/secret-places.ts';
import type { Approvals, NewApproval } from './approvals.ts';
import { type CallFacts, callFacts, nameOf, staysInWorkspace } from './call-facts.ts';
import { describeRule, MODES, type Mode, type Rule, ruleFits } from './rules.ts';

export interface Decision {
  readonly decision: 'allow' | 'ask' | 'deny';
  /** Why, in words for people and models. */
  readonly reason: string;
  /** The rule that decided, in words; `mode auto` and the like where none did. */
  readonly rule: string;
  /** What would happen, in one line. */
  readonly action: string;
  /** What can be remembered if a person says always or never. */
  readonly remember?: Omit<NewApproval, 'decision'>;
  /** The call can't do its work in the sandbox: once allowed by a person, it runs outside. */
  readonly needsOutside: boolean;
}

export interface PolicyOptions {
  /** `false`: no sandbox; then `auto` does only what is read-only unasked. */
  readonly sandbox: SandboxReport | false;
  readonly view: FolderView;
  readonly userHome?: string;
  readonly dataHome?: string;
  /** Hosts that may be contacted unasked. */
  readonly allowHosts?: readonly string[];
  readonly approvals?: Approvals;
}

export interface Policy {
  readonly mode: Mode;
  decide(tool: Tool, call: ToolCall, context?: Pick<ToolContext, 'workspace'>): Decision;
}

/** Paths in a workspace that decide what runs later, outside of any sandbox. */
const CONTROL_FILES =
  /(?:^|\/)(?:\.git\/(?:hooks|config|info|modules)|\.openspace|\.claude|\.cursor|\.gemini|\.codex|\.mcp\.json|\.envrc|\.vscode\/(?:tasks|settings|launch)\.json|\.husky)(?:\/|$)/;

type Verdict = Pick<Decision, 'decision' | 'reason' | 'rule'> & { readonly needsOutside?: boolean };

/** Makes a policy for one run. Throws `config` for an unknown mode. */
export function loadPolicy(rules: readonly Rule[], mode: Mode, options: PolicyOptions): Policy {
  if (!MODES.includes(mode)) {
    throw new OpenSpaceError('config', `There is no mode "${mode}".`, {
      hint: `Modes: ${MODES.join(', ')}.`,
    });
  }
  const setup: Setup = {
    mode,
    rules,
    view: options.view,
    sandboxed: options.sandbox !== false && options.sandbox.kind !== 'none',
    userHome: options.userHome ?? homedir(),
    dataHome: options.dataHome,
    allowHosts: options.allowHosts ?? [],
    approvals: options.approvals,
  };
  return {
    mode,
    decide(tool, call) {
      const facts = callFacts(tool, call, setup.view, setup.userHome);
      const verdict = judge(facts, setup);
      const remember = whatToRemember(facts, setup.view.shown);
      return {
        needsOutside: false,
        ...verdict,
        action: describeAction(facts, call),
        ...(remember === undefined ? {} : { remember }),
      };
    },
  };
}

interface Setup {
  readonly mode: Mode;
  readonly rules: readonly Rule[];
  readonly view: FolderView;
  readonly sandboxed: boolean;
  readonly userHome: string;
  readonly dataHome: string | undefined;
  readonly allowHosts: readonly string[];
  readonly approvals: Approvals | undefined;
}

/** Deny rules first, then what is never given, what people said, the first ask or allow rule that fits, the mode. */
function judge(facts: CallFacts, setup: Setup): Verdict {
  const denied = fittingRule(facts, setup, 'deny');
  if (denied !== undefined) return denied;
  const secret = touchesSecret(facts, setup);
  if (secret !== undefined && setup.mode !== 'unsafe') return secret;
  const ruled = fittingRule(facts, setup, 'ask', 'allow');
  const asked = ruled?.decision === 'ask' ? ruled : hiddenFromRules(facts, setup);
  const remembered = fromApprovals(facts, setup);
  if (remembered?.decision === 'deny') return remembered;
  const outside = setup.sandboxed && needsOutside(facts);
  if (remembered !== undefined) return { ...remembered, needsOutside: outside };
  if (asked !== undefined) return { ...asked, needsOutside: outside };
  if (ruled !== undefined && setup.mode !== 'plan') return { ...ruled, needsOutside: outside };
  return byMode(facts, setup);
}

function fittingRule(
  facts: CallFacts,
  setup: Setup,
  ...decisions: readonly Rule['decision'][]
): Verdict | undefined {
  const places = { workspace: setup.view.shown, userHome: setup.userHome };
  const rule = setup.rules.find((item) => decisions.includes(item.decision) && ruleFits(item, facts, places));
  if (rule === undefined) return undefined;
  const words = describeRule(rule);
  return { decision: rule.decision, reason: rule.reason ?? `a rule says: ${words}`, rule: words };
}

/** A command that can't be read could be one that a rule names. */
function hiddenFromRules(facts: CallFacts, setup: Setup): Verdict | undefined {
  const rule = setup.rules.find(({ decision, command }) => decision !== 'allow' && command !== undefined);
  const [why] = facts.command?.unclear ?? [];
  if (rule === undefined || why === undefined) return undefined;
  return {
    decision: 'ask',
    reason: `${why}, so it can't be told whether the rule "${describeRule(rule)}" is meant`,
    rule: describeRule(rule),
  };
}

function touchesSecret(facts: CallFacts, { userHome, dataHome, view }: Setup): Verdict | undefined {
  const workspace = view.shown;
  const secretPlaces = [
    ...SECRETS_IN_HOME.map((name) => join(userHome, name.replace(/\/$/, ''))),
    ...SECRETS_OF_SYSTEM.map((name) => name.replace(/\/$/, '')),
    ...(dataHome === undefined || isInside(dataHome, workspace) ? [] : [dataHome]),
  ];
  const paths = [...facts.reads, ...facts.writes];
  const secret = paths.find(
    (path) =>
      secretPlaces.some((place) => isInside(place, path)) ||
      /^\/proc\/[^/]+\/(?:environ|mem|root|cwd|fd)/.test(path),
  );
  if (secret !== undefined) {
    return { decision: 'deny', reason: `${secret} may hold credentials`, rule: 'credentials are never read' };
  }
  if (facts.source === 'shell') return undefined; // the sandbox hides env files; without it, commands are asked about
  const env = paths.find((path) => isEnvFile(nameOf(path)));
  if (env !== undefined)
    return { decision: 'ask', reason: `${env} may hold keys`, rule: 'env files are asked about' };
  const control = facts.writes.find((path) => CONTROL_FILES.test(relative(workspace, path)));
  if (control === undefined) return undefined;
  return {
    decision: 'ask',
    reason: `${relative(workspace, control)} decides what runs on this machine later`,
    rule: 'control files are asked about',
  };
}

function fromApprovals(facts: CallFacts, { approvals, view }: Setup): Verdict | undefined {
  const wanted = whatToRemember(facts, view.shown);
  if (approvals === undefined || wanted === undefined) return undefined;
  const found = approvals
    .list()
    .find(
      ({ workspace, about, value }) =>
        workspace === wanted.workspace && about === wanted.about && value === wanted.value,
    );
  if (found === undefined) return undefined;
  const word = found.decision === 'allow' ? 'always' : 'never';
  return {
    decision: found.decision,
    reason: `you said "${word}" on ${found.at.slice(0, 10)}`,
    rule: `remembered decision ${found.id}`,
  };
}

/** The narrowest thing that stands for the call when a person says "always". */
function whatToRemember(facts: CallFacts, workspace: string): Omit<NewApproval, 'decision'> | undefined {
  if (facts.commandText !== undefined) return { workspace, about: 'command', value: facts.commandText };
  if (facts.server !== undefined) return { workspace, about: 'tool', value: facts.tool };
  const [host] = facts.hosts;
  if (host !== undefined && facts.hosts.length === 1) return { workspace, about: 'host', value: host };
  const [path] = facts.writes.length > 0 ? facts.writes : facts.reads;
  if (path !== undefined) return { workspace, about: 'path', value: `${facts.tool} ${path}` };
  return { workspace, about: 'tool', value: facts.tool };
}

/** Effects that a sandbox prevents. */
function needsOutside(facts: CallFacts): boolean {
  return facts.command?.effect === 'outside' || facts.command?.effect === 'network';
}

const allow = (reason: string, rule: string): Verdict => ({ decision: 'allow', reason, rule });

function byMode(facts: CallFacts, setup: Setup): Verdict {
  const { mode } = setup;
  const rule = `mode ${mode}`;
  if (mode === 'unsafe') return allow('mode unsafe allows everything that no rule forbids', rule);
  const refused = privateHost(facts, setup);
  if (refused !== undefined) return { decision: 'deny', reason: refused, rule: 'private addresses' };
  if (changesNothing(facts, setup)) return allow('it changes nothing', rule);
  if (mode === 'plan') {
    return { decision: 'deny', reason: 'mode plan is read-only: describe the change instead', rule };
  }
  if (mode === 'auto') return inAuto(facts, setup, rule);
  return {
    decision: 'ask',
    reason: whatItChanges(facts),
    rule,
    needsOutside: setup.sandboxed && needsOutside(facts),
  };
}

function inAuto(facts: CallFacts, setup: Setup, rule: string): Verdict {
  const { command } = facts;
  // The agent's own tools, and servers that the user has configured: those are the user's programs, outside of the sandbox.
  if (command === undefined && !['files', 'documents'].includes(facts.source)) {
    return allow(
      facts.server === undefined ? 'a tool of the agent itself' : 'a server that you have configured',
      rule,
    );
  }
  if (!setup.sandboxed) {
    return { decision: 'ask', reason: `there is no sandbox here, and ${whatItChanges(facts)}`, rule };
  }
  if (command === undefined) return allow('it stays in the workspace', rule);
  if (command.effect === 'outside') {
    return { decision: 'ask', reason: whatItChanges(facts), rule, needsOutside: true };
  }
  if (command.effect !== 'network') return allow('it runs in the sandbox', rule);
  const unknown = command.hosts.find((host) => !setup.allowHosts.some((known) => hostFits(known, host)));
  if (unknown === undefined) return allow('it contacts allowed hosts only', rule);
  const host = unknown === '?' ? 'a host that can’t be told' : unknown;
  return {
    decision: 'ask',
    reason: `it contacts ${host}, which is not among the allowed hosts`,
    rule,
    needsOutside: true,
  };
}

/** Loopback, private and metadata addresses named in a call, unless they are allowed. Names are checked when resolved. */
function privateHost(facts: CallFacts, { allowHosts }: Setup): string | undefined {
  if (facts.source !== 'web') return undefined;
  const found = facts.hosts.find(
    (host) =>
      !allowHosts.some((known) => known !== '*' && hostFits(known, host)) &&
      (/^(?:localhost|.*\.(?:localhost|local|internal|home\.arpa))\.?$/i.test(host) ||
        (/^[\d.]+$|:/.test(host) && !isPublicAddress(host))),
  );
  return found === undefined ? undefined : `${found} is an address of this machine or its network`;
}

function changesNothing(facts: CallFacts, setup: Setup): boolean {
  if (facts.command !== undefined) {
    if (facts.command.effect !== 'read') return false;
    if (setup.sandboxed) return true;
    const { shown } = setup.view;
    return (
      facts.command.parts.every(({ computed, effect }) => !computed || effect === 'print') &&
      staysInWorkspace(facts, shown, realPathOfFuture(setup.view.root)) &&
      !facts.reads.some((path) => isEnvFile(nameOf(path)))
    );
  }
  return facts.readOnly;
}

function whatItChanges(facts: CallFacts): string {
  const { command, writes, server } = facts;
  if (server !== undefined) return `the server ${server} may change something`;
  if (command === undefined)
    return writes.length > 0 ? `it changes ${writes.join(', ')}` : 'it may change something';
  const [unclear] = command.unclear;
  const grave = command.parts.find(({ effect }) => effect === command.effect)?.line.slice(0, 80) ?? '';
  switch (command.effect) {
    case 'outside':
      return `"${grave}" acts on the system or beyond this machine`;
    case 'network':
      return `"${grave}" contacts ${command.hosts.join(', ')}`;
    case 'write':
      return `"${grave}" changes files`;
    case 'read':
      return 'it reads files that can’t be told beforehand, or outside of the workspace';
    case 'unknown':
      return unclear ?? `what "${grave}" does is not known`;
  }
}

function describeAction(facts: CallFacts, call: ToolCall): string {
  if (facts.commandText !== undefined) return facts.commandText;
  const args = JSON.stringify(call.args ?? {});
  return `${facts.tool} ${args.length > 300 ? `${args.slice(0, 300)}…` : args}`;
}

/** Options for a policy of a folder that is worked in directly, without a sandbox. */
export const unsandboxed = (workspace: string): PolicyOptions => ({
  sandbox: false,
  view: directView(workspace),
});
