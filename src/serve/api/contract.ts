// The dashboard's wire contract, once: every route with what it takes and gives. Server checks, OpenAPI and the web's types come from it.
import { z } from 'zod';
import {
  About,
  DoctorReport,
  DoctorRequest,
  Overview,
  OverviewQuery,
  Settings,
  StreamQuery,
} from './contract/home.ts';
import {
  ApproveRequest,
  EditProposalRequest,
  Proposal,
  ProposalPage,
  ProposalsQuery,
  RejectRequest,
} from './contract/proposals.ts';
import {
  ArtifactQuery,
  Cancelled,
  Run,
  RunsPage,
  RunsQuery,
  Started,
  StartRequest,
  Timeline,
  TimelineQuery,
} from './contract/runs.ts';
import {
  Blame,
  BlameQuery,
  ChangePage,
  CommitReport,
  Diff,
  DiffQuery,
  EditRequest,
  FileQuery,
  FileText,
  FixRequest,
  FixStarted,
  FlagRequest,
  Lineage,
  LineageQuery,
  PageQuery,
  RestoreRequest,
  Skill,
  SkillReport,
  SkillsPage,
  SkillsQuery,
  UndoReport,
  UsePage,
  VersionPage,
} from './contract/skills.ts';

export * from './contract/errors.ts';
export * from './contract/home.ts';
export * from './contract/proposals.ts';
export * from './contract/run-events.ts';
export * from './contract/runs.ts';
export { Share, Usage } from './contract/shared.ts';
export * from './contract/skills.ts';

export interface Route {
  readonly method: 'GET' | 'POST';
  /** `{id}` is one segment, percent-encoded: ids may hold any character. */
  readonly path: `/api/v2/${string}`;
  /** What it does, for people. */
  readonly does: string;
  readonly query?: z.ZodType;
  readonly body?: z.ZodType;
  /** `stream`: server-sent events; `bytes`: a file; else JSON of this form. */
  readonly response: z.ZodType | 'stream' | 'bytes';
  /** Status of success; 202: it goes on after the answer. */
  readonly status?: 200 | 202;
}

const Nothing = z.strictObject({});

/** Every route. Errors have the form `ApiError` everywhere, with a status that follows from the code. */
export const ROUTES = {
  about: { method: 'GET', path: '/api/v2/about', does: 'What is served here.', response: About },
  overview: {
    ...{
      method: 'GET',
      path: '/api/v2/overview',
      does: 'Health, success and cost over time, what changed, what waits.',
    },
    ...{ query: OverviewQuery, response: Overview },
  },
  events: {
    ...{
      method: 'GET',
      path: '/api/v2/events',
      does: 'Everything that happens, live: `LiveEvent` as server-sent events.',
    },
    ...{ query: StreamQuery, response: 'stream' },
  },
  skills: {
    ...{
      method: 'GET',
      path: '/api/v2/skills',
      does: 'Skills, searched, filtered and sorted, a page at a time.',
    },
    ...{ query: SkillsQuery, response: SkillsPage },
  },
  skill: {
    method: 'GET',
    path: '/api/v2/skills/{id}',
    does: 'One skill, by its id or the id of a version.',
    response: Skill,
  },
  skillFile: {
    ...{ method: 'GET', path: '/api/v2/skills/{id}/file', does: 'The text of one file of a version.' },
    ...{ query: FileQuery, response: FileText },
  },
  skillVersions: {
    ...{ method: 'GET', path: '/api/v2/skills/{id}/versions', does: 'Its versions, newest first.' },
    ...{ query: PageQuery, response: VersionPage },
  },
  skillLineage: {
    ...{
      method: 'GET',
      path: '/api/v2/skills/{id}/lineage',
      does: 'Its versions and all that they grew from or into, as a graph.',
    },
    ...{ query: LineageQuery, response: Lineage },
  },
  skillDiff: {
    ...{ method: 'GET', path: '/api/v2/skills/{id}/diff', does: 'What differs between two versions.' },
    ...{ query: DiffQuery, response: Diff },
  },
  skillBlame: {
    ...{
      method: 'GET',
      path: '/api/v2/skills/{id}/blame',
      does: 'Each line of a file with the version that brought it.',
    },
    ...{ query: BlameQuery, response: Blame },
  },
  skillUses: {
    ...{
      method: 'GET',
      path: '/api/v2/skills/{id}/uses',
      does: 'Runs that had it or were offered it, newest first.',
    },
    ...{ query: PageQuery, response: UsePage },
  },
  skillChanges: {
    ...{
      method: 'GET',
      path: '/api/v2/skills/{id}/changes',
      does: 'What was done to it and by whom, newest first.',
    },
    ...{ query: PageQuery, response: ChangePage },
  },
  restore: {
    ...{ method: 'POST', path: '/api/v2/skills/{id}/restore', does: 'Brings a version back as a new one.' },
    ...{ body: RestoreRequest, response: CommitReport },
  },
  pin: {
    ...{ method: 'POST', path: '/api/v2/skills/{id}/pin', does: 'Learning leaves a pinned skill alone.' },
    ...{ body: FlagRequest, response: SkillReport },
  },
  archive: {
    ...{ method: 'POST', path: '/api/v2/skills/{id}/archive', does: 'Puts it away, or takes it out again.' },
    ...{ body: FlagRequest, response: SkillReport },
  },
  release: {
    ...{
      method: 'POST',
      path: '/api/v2/skills/{id}/release',
      does: 'Ends its quarantine: a person has looked at it.',
    },
    ...{ body: Nothing, response: SkillReport },
  },
  undo: {
    ...{ method: 'POST', path: '/api/v2/skills/{id}/undo', does: 'Takes the last change of it back.' },
    ...{ body: Nothing, response: UndoReport },
  },
  edit: {
    ...{
      method: 'POST',
      path: '/api/v2/skills/{id}/edit',
      does: 'Checks edited files and, unless it is a dry run, commits them.',
    },
    ...{ body: EditRequest, response: CommitReport },
  },
  fix: {
    ...{
      method: 'POST',
      path: '/api/v2/skills/{id}/fix',
      does: 'Lets learning mend it; what comes of it is told on the event stream.',
    },
    ...{ body: FixRequest, response: FixStarted, status: 202 },
  },
  runs: {
    ...{ method: 'GET', path: '/api/v2/runs', does: 'Runs, newest first, imported ones included.' },
    ...{ query: RunsQuery, response: RunsPage },
  },
  startRun: {
    ...{ method: 'POST', path: '/api/v2/runs', does: 'Starts a task in a process of its own.' },
    ...{ body: StartRequest, response: Started, status: 202 },
  },
  run: {
    method: 'GET',
    path: '/api/v2/runs/{id}',
    does: 'One run: choice of skills, attempts, cost, analysis.',
    response: Run,
  },
  runTimeline: {
    ...{ method: 'GET', path: '/api/v2/runs/{id}/timeline', does: 'What happened in it, from an event on.' },
    ...{ query: TimelineQuery, response: Timeline },
  },
  runEvents: {
    ...{
      method: 'GET',
      path: '/api/v2/runs/{id}/events',
      does: 'The same, live: `RunEvent` as server-sent events; the id of each is its `seq`.',
    },
    ...{ query: StreamQuery, response: 'stream' },
  },
  runArtifact: {
    ...{
      method: 'GET',
      path: '/api/v2/runs/{id}/artifact',
      does: 'A picture or long text that an event names.',
    },
    ...{ query: ArtifactQuery, response: 'bytes' },
  },
  cancelRun: {
    ...{ method: 'POST', path: '/api/v2/runs/{id}/cancel', does: 'Asks a running run to stop.' },
    ...{ body: Nothing, response: Cancelled },
  },
  proposals: {
    ...{ method: 'GET', path: '/api/v2/proposals', does: 'Changes that learning wrote, newest first.' },
    ...{ query: ProposalsQuery, response: ProposalPage },
  },
  proposal: {
    ...{
      method: 'GET',
      path: '/api/v2/proposals/{id}',
      does: 'One of them with its diff, evidence and replays.',
    },
    ...{ response: Proposal },
  },
  approve: {
    ...{ method: 'POST', path: '/api/v2/proposals/{id}/approve', does: 'Brings it into the library.' },
    ...{ body: ApproveRequest, response: Proposal },
  },
  reject: {
    ...{ method: 'POST', path: '/api/v2/proposals/{id}/reject', does: 'Turns it down.' },
    ...{ body: RejectRequest, response: Proposal },
  },
  editProposal: {
    ...{
      method: 'POST',
      path: '/api/v2/proposals/{id}/edit',
      does: 'Puts edited files in place of the proposed ones.',
    },
    ...{ body: EditProposalRequest, response: Proposal },
  },
  undoProposal: {
    ...{ method: 'POST', path: '/api/v2/proposals/{id}/undo', does: 'Takes a decision back.' },
    ...{ body: Nothing, response: Proposal },
  },
  settings: {
    ...{
      method: 'GET',
      path: '/api/v2/settings',
      does: 'Every setting with its value and origin; secrets masked.',
    },
    ...{ response: Settings },
  },
  doctor: {
    ...{
      method: 'POST',
      path: '/api/v2/doctor',
      does: 'Checks the set-up; not offline, it makes one real call for each model.',
    },
    ...{ body: DoctorRequest, response: DoctorReport },
  },
} as const satisfies Record<string, Route>;

export type RouteName = keyof typeof ROUTES;
type RouteOf<Name extends RouteName> = (typeof ROUTES)[Name];
type InputOf<T> = T extends z.ZodType ? z.input<T> : never;
type OutputOf<T> = T extends z.ZodType ? z.output<T> : never;

/** What a caller puts into the address; all fields with a default may be left out. */
export type QueryOf<Name extends RouteName> =
  RouteOf<Name> extends { query: infer Q } ? InputOf<Q> : undefined;
/** What a caller sends. */
export type BodyOf<Name extends RouteName> = RouteOf<Name> extends { body: infer B } ? InputOf<B> : undefined;
/** What a caller gets. */
export type ResponseOf<Name extends RouteName> =
  RouteOf<Name> extends { response: infer R } ? OutputOf<R> : never;
