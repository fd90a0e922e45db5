// The addresses of our resources: `skill://<name>/<path of a file>` and `openspace://runs/<run id>`.

export const SKILL_URI = /^skill:\/\/([^/]+)\/(.+)$/;
export const RUN_URI = /^openspace:\/\/runs\/(\w{1,80})$/;
export const skillUri = (name: string, path = 'SKILL.md'): string => `skill://${name}/${path}`;
export const runUri = (runId: string): string => `openspace://runs/${runId}`;
