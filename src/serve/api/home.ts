// The routes of the home itself: what is served, overview, live events, settings, doctor.
import { SETTING_KEYS, SETTINGS, secretsOf, settingText, skillFolders } from '../../config/index.ts';
import { examineSetup } from '../../engine/index.ts';
import { createRedactor } from '../../lib/index.ts';
import type { ApiContext, HandlersOf } from './context.ts';
import type { DoctorReport, Settings } from './contract.ts';
import { showOverview } from './overview.ts';
import { streamEvents } from './sse.ts';

type HomeRoutes = 'about' | 'overview' | 'events' | 'settings' | 'doctor';

export function homeHandlers(api: ApiContext): HandlersOf<HomeRoutes> {
  const { openSpace } = api;
  const { config } = openSpace;
  return {
    about: () => ({
      ...{ name: 'openspace', version: api.version, home: config.home, model: openSpace.modelId() ?? null },
      ...{ learning_mode: api.learning.mode, workspace: openSpace.workspace() },
    }),
    overview: ({ query }) => showOverview(api, query.days),
    events: ({ signal }) => streamEvents((until) => api.live.listen(until), signal),
    settings: () => showSettings(api),
    doctor: ({ body, signal }) => examine(api, body.offline, signal),
  };
}

/** Tables of variables and headers may hold secrets in their values: only their names are shown. */
const NAMES_ONLY: ReadonlySet<string> = new Set(['shell.env', 'llm.extra_headers']);

function showSettings({ openSpace: { config } }: ApiContext): Settings {
  const redactor = createRedactor(secretsOf(config));
  return {
    home: config.home,
    items: SETTING_KEYS.map((key) => {
      const setting = SETTINGS[key];
      const value = config.get(key);
      const shown =
        NAMES_ONLY.has(key) && typeof value === 'object' && value !== null
          ? Object.keys(value).join(', ')
          : settingText(config, key);
      return {
        ...{ key, value: shown === undefined ? null : redactor.text(shown), origin: config.originOf(key) },
        ...{ is_secret: 'secret' in setting, doc: setting.doc },
        variables: 'env' in setting ? [...setting.env] : [],
      };
    }),
    notices: config.notices.map((notice) => redactor.text(notice)),
    skill_folders: skillFolders(config).map(({ path, kind, origin, writable, trusted }) => ({
      ...{ path, kind, origin, writable, trusted },
    })),
  };
}

async function examine(
  { openSpace }: ApiContext,
  offline: boolean,
  signal: AbortSignal,
): Promise<DoctorReport> {
  const checks: DoctorReport['checks'] = [];
  for await (const { name, status, detail, hint } of examineSetup(openSpace.config, { offline, signal }))
    checks.push({ name, status, detail, hint: hint ?? null });
  return { checks };
}
