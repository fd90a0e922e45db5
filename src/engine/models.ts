// The one factory for models: every role gets its model here, with the credentials of its route.
import { createEmbedder, createModel, type Embedder, type Model, type ModelRole } from '../agent/index.ts';
import { type Config, routeFor } from '../config/index.ts';
import type { Redactor } from '../lib/index.ts';

export interface Models {
  /** The model of a role. Throws `config` where none is set up. */
  get(role: ModelRole): Model;
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
  return {
    get(role) {
      if (model !== undefined) return model;
      const known = made.get(role);
      if (known !== undefined) return known;
      const route = routeFor(config, role);
      if (route === undefined) throw new Error(`no route for ${role}`);
      const created = createModel(route, { redactor });
      made.set(role, created);
      return created;
    },
    embedder() {
      const route = model === undefined ? routeFor(config, 'embedding') : undefined;
      return route === undefined ? undefined : createEmbedder(route, { redactor });
    },
  };
}
