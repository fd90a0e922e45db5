// The one factory for models: every role gets its model here, with the credentials of its route.
import { createEmbedder, createModel, type Embedder, type Model, type ModelRole } from '../agent/index.ts';
import { type Config, resolveModel, routeFor } from '../config/index.ts';
import type { Redactor } from '../lib/index.ts';

export interface Models {
  /** The model of a role. Throws `config` where none is set up. */
  get(role: ModelRole): Model;
  /** The same; undefined where none is set up. */
  find(role: ModelRole): Model | undefined;
  /** The embedder, where one is configured. */
  embedder(): Embedder | undefined;
}

export interface ModelsOptions {
  readonly config: Config;
  readonly redactor: Redactor;
  /** Plays all roles instead of the configured models: demo, tests, replay. */
  readonly model?: Model | undefined;
}

/** Makes each role's model once. */
export function openModels({ config, redactor, model }: ModelsOptions): Models {
  const made = new Map<ModelRole, Model>();
  const get = (role: ModelRole): Model => {
    if (model !== undefined) return model;
    const known = made.get(role);
    if (known !== undefined) return known;
    const route = routeFor(config, role);
    if (route === undefined) throw new Error(`no route for ${role}`);
    const created = createModel(route, { redactor });
    made.set(role, created);
    return created;
  };
  return {
    get,
    find: (role) => (model === undefined && resolveModel(config) === undefined ? undefined : get(role)),
    embedder() {
      const route = model === undefined ? routeFor(config, 'embedding') : undefined;
      return route === undefined ? undefined : createEmbedder(route, { redactor });
    },
  };
}
