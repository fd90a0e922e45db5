// Checks the set-up: what is configured, from where, and whether it works, with one real call for each model.
import { accessSync, constants, existsSync, mkdirSync } from 'node:fs';
import { type Embedder, MODEL_ROLES, type Model, type Route, refuseRoute, routeId } from '../agent/index.ts';
import { type Config, type RouteRole, resolveModel, routeFor, trustedFolders } from '../config/index.ts';
import { describeSecret, directView, OpenSpaceError, toMessage } from '../lib/index.ts';
import { describeSandbox, reportLines } from '../tools/index.ts';
import { checkHosts } from './doctor-hosts.ts';

export interface Check {
  readonly name: string;
  /** `off`: not configured, and need not be. */
  readonly status: 'ok' | 'warn' | 'fail' | 'off';
  readonly detail: string;
  readonly hint?: string;
}

export interface DoctorTools {
  readonly config: Config;
  /** Makes the model of a route; the doctor's calls go the same way as all others. */
  readonly createModel: (route: Route) => Model;
  readonly createEmbedder: (route: Route) => Embedder;
  readonly openDatabase: () => void;
  readonly skillRoots: () => readonly { readonly path: string; readonly origin: string }[];
  readonly offline: boolean;
  readonly signal: AbortSignal;
}

/** How long one probe may take, in ms. */
const PROBE_MS = 60_000;

/** Runs all checks, in order; later ones do not depend on earlier ones. */
export async function* examine(tools: DoctorTools): AsyncGenerator<Check> {
  yield checkNode();
  yield checkHome(tools.config);
  yield checkDatabase(tools);
  yield* checkTrust(tools.config);
  yield await checkSandbox(tools.config);
  yield* checkSkillFolders(tools);
  yield* checkHosts(tools.config);
  yield* checkModels(tools);
}

function checkNode(): Check {
  return { name: 'node', status: 'ok', detail: `${process.version} (${process.platform} ${process.arch})` };
}

function checkHome({ home }: Config): Check {
  try {
    mkdirSync(home, { recursive: true });
    accessSync(home, constants.W_OK);
    return { name: 'data home', status: 'ok', detail: home };
  } catch (error) {
    return {
      name: 'data home',
      status: 'fail',
      detail: `${home}: ${toMessage(error)}`,
      hint: 'Set OPENSPACE_HOME to a folder that you may write to.',
    };
  }
}

function checkDatabase({ config, openDatabase }: DoctorTools): Check {
  const path = `${config.home}/openspace.db`;
  try {
    openDatabase();
    return { name: 'database', status: 'ok', detail: path };
  } catch (error) {
    return { name: 'database', status: 'fail', detail: toMessage(error), ...hintOf(error) };
  }
}

function* checkTrust({ untrustedFolder, home }: Config): Generator<Check> {
  if (untrustedFolder === undefined) {
    yield { name: 'project trust', status: 'ok', detail: `${trustedFolders(home).length} trusted folders` };
    return;
  }
  yield {
    name: 'project trust',
    status: 'warn',
    detail: `${untrustedFolder} has settings or a .env, and you have not trusted it: keys, addresses, MCP servers and rules in it are not used.`,
    hint: `openspace config trust ${JSON.stringify(untrustedFolder)}`,
  };
}

async function checkSandbox(config: Config): Promise<Check> {
  const report = await describeSandbox({
    view: directView(config.cwd),
    userHome: config.userHome,
    dataHome: config.home,
    path: config.env.PATH ?? '',
    allowHosts: config.get('sandbox.allow_hosts') ?? [],
  });
  const [first = '', ...rest] = reportLines(report);
  const servers = Object.keys(config.get('mcp_servers') ?? {}).length;
  const mcp = servers === 0 ? '' : `; the ${servers} MCP servers run outside of it`;
  const status = report.kind === 'none' ? 'warn' : 'ok';
  if (status === 'ok')
    return {
      name: 'sandbox',
      status,
      detail: `${[first, ...rest].join('; ').replace(/^sandbox: /, '')}${mcp}`,
    };
  return { name: 'sandbox', status, detail: first.replace(/^sandbox: /, ''), hint: rest.join('\n') };
}

function* checkSkillFolders({ skillRoots }: DoctorTools): Generator<Check> {
  for (const { path, origin } of skillRoots()) {
    const isThere = existsSync(path);
    const isNamed = origin !== 'default';
    yield {
      name: 'skill folder',
      status: isThere ? 'ok' : isNamed ? 'warn' : 'off',
      detail: `${path} (${origin})${isThere ? '' : isNamed ? ' does not exist' : ': none yet'}`,
      ...(!isThere && isNamed ? { hint: `Correct ${origin}, or make the folder.` } : {}),
    };
  }
}

async function* checkModels(tools: DoctorTools): AsyncGenerator<Check> {
  const model = resolveModel(tools.config);
  if (model === undefined) {
    yield {
      name: 'model',
      status: 'fail',
      detail: 'No model is set up.',
      hint: 'export OPENSPACE_MODEL=openrouter/anthropic/claude-sonnet-4.5 OPENROUTER_API_KEY=…',
    };
  }
  const seen = new Map<string, RouteRole>();
  for (const role of [...MODEL_ROLES, 'embedding'] as const) {
    if (model === undefined && role !== 'embedding') continue;
    yield await checkRole(role, tools, seen);
  }
}

async function checkRole(role: RouteRole, tools: DoctorTools, seen: Map<string, RouteRole>): Promise<Check> {
  const name = role === 'embedding' ? 'embedding' : `model: ${role}`;
  try {
    const route = routeFor(tools.config, role);
    if (route === undefined) return { name, status: 'off', detail: 'not configured; search goes by words' };
    const identity = JSON.stringify([
      route.provider,
      route.model,
      route.baseUrl,
      route.key?.value,
      role === 'embedding',
    ]);
    const same = seen.get(identity);
    if (same !== undefined) return { name, status: 'ok', detail: `same as ${same}` };
    seen.set(identity, role);
    const refusal = refuseRoute(route);
    if (refusal !== undefined) throw refusal;
    const from = `${describeRoute(route)}`;
    if (tools.offline) return { name, status: 'ok', detail: `${from}; not called (--offline)` };
    const result = role === 'embedding' ? await probeEmbedder(route, tools) : await probeModel(route, tools);
    return { ...result, name, detail: `${result.detail}; ${from}` };
  } catch (error) {
    return { name, status: 'fail', detail: toMessage(error), ...hintOf(error) };
  }
}

function describeRoute(route: Route): string {
  const key =
    route.key === undefined ? 'no key' : `key from ${route.key.origin}, ${describeSecret(route.key.value)}`;
  return `${routeId(route)} at ${route.baseUrl} (${route.baseUrlOrigin}), ${key}`;
}

const PROBE_TOOL = {
  name: 'report_number',
  description: 'Reports a number.',
  parameters: {
    type: 'object',
    properties: { number: { type: 'integer' } },
    required: ['number'],
    additionalProperties: false,
  },
};

/** One call that must come back as a tool call: proves key, model and tool use together. */
async function probeModel(route: Route, { createModel, signal }: DoctorTools): Promise<Omit<Check, 'name'>> {
  const started = performance.now();
  const reply = await createModel(route).reply(
    {
      messages: [
        {
          role: 'user',
          parts: [{ type: 'text', text: 'Call the tool report_number with the number 7. Do nothing else.' }],
        },
      ],
      tools: [PROBE_TOOL],
      maxOutputTokens: 1000,
    },
    { signal: AbortSignal.any([signal, AbortSignal.timeout(PROBE_MS)]) },
  );
  const took = `${Math.round(performance.now() - started)} ms`;
  if (reply.error !== undefined)
    return {
      status: 'fail',
      detail: reply.error.message,
      ...(reply.error.hint && { hint: reply.error.hint }),
    };
  if (reply.stop === 'aborted') return { status: 'fail', detail: `no answer within ${PROBE_MS / 1000} s` };
  const called = reply.calls.some((call) => call.name === PROBE_TOOL.name);
  if (called) return { status: 'ok', detail: `answers and calls tools, ${took}` };
  return {
    status: 'warn',
    detail: `answers, but did not call the tool it was asked to, ${took}`,
    hint: 'Tasks need a model that can call tools.',
  };
}

async function probeEmbedder(
  route: Route,
  { createEmbedder, signal }: DoctorTools,
): Promise<Omit<Check, 'name'>> {
  const vectors = await createEmbedder(route).embed(
    ['openspace doctor'],
    AbortSignal.any([signal, AbortSignal.timeout(PROBE_MS)]),
  );
  return { status: 'ok', detail: `${vectors[0]?.length ?? 0} dimensions` };
}

function hintOf(error: unknown): { hint?: string } {
  return error instanceof OpenSpaceError && error.hint !== undefined ? { hint: error.hint } : {};
}
