// What the routes work with, and how a route's handler looks.
import type { z } from 'zod';
import type { OpenSpace } from '../../engine/index.ts';
import type { LearningDeps } from '../../learning/index.ts';
import type { World } from '../../lib/index.ts';
import type { Library, Skill } from '../../skills/index.ts';
import type { ROUTES, RouteName, SkillItem } from './contract.ts';
import type { Live } from './live.ts';
import type { RunIndex } from './run-index.ts';
import type { Snapshots } from './snapshot.ts';
import type { TaskStarter } from './task-starter.ts';

export interface ApiContext {
  readonly openSpace: OpenSpace;
  readonly library: Library;
  readonly learning: LearningDeps;
  readonly world: World;
  readonly version: string;
  readonly snapshots: Snapshots;
  readonly runs: RunIndex;
  readonly live: Live;
  readonly tasks: TaskStarter;
  /** Aborts when the server ends. */
  readonly signal: AbortSignal;
  /** By its id, the id of a version, or its name. Throws `not-found`. */
  skill(id: string): Skill;
  /** The same as a list shows it. */
  item(id: string): SkillItem;
  /** A value that never changes, kept for a while: what is known of an immutable version or an ended run. */
  remember<T>(key: string, make: () => T): T;
}

type Out<T> = T extends z.ZodType ? z.output<T> : undefined;
type Field<Name extends RouteName, Key extends string> =
  (typeof ROUTES)[Name] extends Record<Key, infer Schema> ? Out<Schema> : undefined;

export interface RouteInput<Name extends RouteName> {
  /** From the path; '' where it has none. */
  readonly id: string;
  readonly query: Field<Name, 'query'>;
  readonly body: Field<Name, 'body'>;
  /** Aborts when the caller is gone or the server ends. */
  readonly signal: AbortSignal;
  /** Last event that a stream's caller has seen. */
  readonly lastEventId: number | undefined;
}

type Result<Name extends RouteName> = (typeof ROUTES)[Name]['response'] extends z.ZodType
  ? z.output<(typeof ROUTES)[Name]['response']>
  : Response;

export type Handler<Name extends RouteName> = (
  input: RouteInput<Name>,
) => Result<Name> | Promise<Result<Name>>;
export type HandlersOf<Names extends RouteName> = { readonly [Name in Names]: Handler<Name> };
