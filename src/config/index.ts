// The door of config: settings with their origins. The only room that reads the environment.
export { type Config, type ConfigSources, loadConfig } from './config.ts';
export { settingText } from './describe.ts';
export { environment } from './environment.ts';
export type { Environment, Layer, Sourced } from './layers.ts';
export { IGNORED_VARIABLES, ORIGINAL_KEYS } from './original-keys.ts';
export { dataHome, expandPath } from './paths.ts';
export { noModelError, type RouteRole, resolveModel, routeFor, secretsOf } from './routes.ts';
export { SETTING_KEYS, SETTINGS, type SettingKey } from './settings.ts';
export { learntSkillFolder, type SkillFolder, skillFolders } from './skill-folders.ts';
export { isDecided, isTrusted, setTrust, trustedFolders } from './trust.ts';
