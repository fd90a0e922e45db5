// The configured model of this machine, with a meter, for the experiment with a real model.
import { homedir } from 'node:os';
import { createModel, type Model } from '../../src/agent/index.ts';
import { environment, loadConfig, noModelError, routeFor, secretsOf } from '../../src/config/index.ts';
import { createRedactor } from '../../src/lib/index.ts';
import type { MeteredModel } from './run.ts';

/** Plays all roles. Throws what to set where no model is set up. */
export function realModel(): MeteredModel {
  const env = environment();
  const config = loadConfig({ env, cwd: process.cwd(), userHome: env.HOME ?? homedir() });
  const route = routeFor(config, 'chat');
  if (route === undefined) throw noModelError();
  return metered(createModel(route, { redactor: createRedactor(secretsOf(config)) }));
}

function metered(model: Model): MeteredModel {
  let tokens = 0;
  let costUsd = 0;
  return {
    id: model.id,
    contextTokens: model.contextTokens,
    spent: () => ({ tokens, costUsd }),
    async reply(request, options) {
      const reply = await model.reply(request, options);
      tokens += reply.usage.inputTokens + reply.usage.outputTokens;
      costUsd += reply.usage.costUsd ?? 0;
      return reply;
    },
  };
}
