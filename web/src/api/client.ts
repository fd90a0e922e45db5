// Calls the dashboard's API: addresses and answers are typed by the server's own contract.
import type {
  ApiError,
  BodyOf,
  Finding,
  QueryOf,
  ResponseOf,
  ROUTES,
  RouteName,
} from '../../../src/serve/api/contract.ts';

type Routes = typeof ROUTES;
type Address<Name extends RouteName> = `${Routes[Name]['method']} ${Routes[Name]['path']}`;
type Addresses = { readonly [Name in RouteName]: Address<Name> };

/** The contract's table brings its checks along, which a browser has no use for; the compiler keeps these two equal. */
const ADDRESSES: Addresses = {
  about: 'GET /api/v2/about',
  overview: 'GET /api/v2/overview',
  events: 'GET /api/v2/events',
  skills: 'GET /api/v2/skills',
  skill: 'GET /api/v2/skills/{id}',
  skillFile: 'GET /api/v2/skills/{id}/file',
  skillVersions: 'GET /api/v2/skills/{id}/versions',
  skillLineage: 'GET /api/v2/skills/{id}/lineage',
  skillDiff: 'GET /api/v2/skills/{id}/diff',
  skillBlame: 'GET /api/v2/skills/{id}/blame',
  skillUses: 'GET /api/v2/skills/{id}/uses',
  skillChanges: 'GET /api/v2/skills/{id}/changes',
  restore: 'POST /api/v2/skills/{id}/restore',
  pin: 'POST /api/v2/skills/{id}/pin',
  archive: 'POST /api/v2/skills/{id}/archive',
  release: 'POST /api/v2/skills/{id}/release',
  undo: 'POST /api/v2/skills/{id}/undo',
  edit: 'POST /api/v2/skills/{id}/edit',
  fix: 'POST /api/v2/skills/{id}/fix',
  runs: 'GET /api/v2/runs',
  startRun: 'POST /api/v2/runs',
  run: 'GET /api/v2/runs/{id}',
  runTimeline: 'GET /api/v2/runs/{id}/timeline',
  runEvents: 'GET /api/v2/runs/{id}/events',
  runArtifact: 'GET /api/v2/runs/{id}/artifact',
  cancelRun: 'POST /api/v2/runs/{id}/cancel',
  proposals: 'GET /api/v2/proposals',
  proposal: 'GET /api/v2/proposals/{id}',
  approve: 'POST /api/v2/proposals/{id}/approve',
  reject: 'POST /api/v2/proposals/{id}/reject',
  editProposal: 'POST /api/v2/proposals/{id}/edit',
  undoProposal: 'POST /api/v2/proposals/{id}/undo',
  settings: 'GET /api/v2/settings',
  doctor: 'POST /api/v2/doctor',
};

type Id<Name extends RouteName> = Routes[Name]['path'] extends `${string}{id}${string}`
  ? { readonly id: string }
  : object;
type Query<Name extends RouteName> =
  QueryOf<Name> extends undefined ? object : { readonly query?: QueryOf<Name> };
type Body<Name extends RouteName> = [BodyOf<Name>] extends [undefined]
  ? object
  : { readonly body: BodyOf<Name> };
export type Input<Name extends RouteName> = Id<Name> & Query<Name> & Body<Name>;
/** What the compiler has checked above, as the code below reads it. */
interface AnyInput {
  readonly id?: string;
  readonly query?: object | undefined;
  readonly body?: unknown;
}

/** Names of the routes that answer with JSON. */
export type JsonRoute = {
  [Name in RouteName]: [ResponseOf<Name>] extends [never] ? never : Name;
}[RouteName];

/** Why a call failed. `status` 0: the server could not be reached. */
export class CallError extends Error {
  override readonly name = 'CallError';
  readonly status: number;
  readonly code: string;
  readonly hint: string | null;
  readonly findings: readonly Finding[];

  constructor(status: number, error: ApiError['error']) {
    super(error.message);
    this.status = status;
    this.code = error.code;
    this.hint = error.hint;
    this.findings = error.findings ?? [];
  }
}

/** Path and query of a route, with the id encoded: ids may hold any character. */
export function addressOf<Name extends RouteName>(name: Name, input: Omit<Input<Name>, 'body'>): string {
  const { id, query }: AnyInput = input;
  const path = ADDRESSES[name]
    .slice(ADDRESSES[name].indexOf(' ') + 1)
    .replace('{id}', () => encodeURIComponent(id ?? ''));
  const search = new URLSearchParams();
  for (const [key, value] of Object.entries(query ?? {}))
    if (value !== undefined && value !== null && value !== '') search.set(key, String(value));
  const text = search.toString();
  return text === '' ? path : `${path}?${text}`;
}

/** Calls a route. Rejects with `CallError`, or with the signal's reason. */
export async function call<Name extends JsonRoute>(
  name: Name,
  input: Input<Name>,
  signal?: AbortSignal,
): Promise<ResponseOf<Name>> {
  const { body }: AnyInput = input;
  const isPost = ADDRESSES[name].startsWith('POST');
  const response = await fetch(addressOf(name, input), {
    method: isPost ? 'POST' : 'GET',
    credentials: 'same-origin',
    headers: { accept: 'application/json', ...(isPost ? { 'content-type': 'application/json' } : {}) },
    ...(isPost ? { body: JSON.stringify(body ?? {}) } : {}),
    ...(signal ? { signal } : {}),
  }).catch((error: unknown) => {
    if (!(error instanceof TypeError)) throw error;
    throw new CallError(0, { code: 'unreachable', message: error.message, hint: null });
  });
  if (!response.ok) throw new CallError(response.status, await readError(response));
  return response.json();
}

async function readError(response: Response): Promise<ApiError['error']> {
  const text = await response.text();
  try {
    const parsed: Partial<ApiError> = JSON.parse(text);
    if (parsed.error?.message) return parsed.error;
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
  }
  return { code: 'unknown', message: `${response.status} ${response.statusText}`.trim(), hint: null };
}
