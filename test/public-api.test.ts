// What other programs rely on. A change here is a change for users: it goes into CHANGELOG.md.
import { expect, it } from 'vitest';
import { COMMANDS } from '../src/cli/commands.ts';

it('the exported names', async () => {
  expect(Object.keys(await import('../src/index.ts')).sort()).toEqual(['OpenSpaceError', 'openOpenSpace']);
  expect(Object.keys(await import('../src/testing.ts')).sort()).toEqual(['scriptedModel']);
});

it('the commands', () => {
  expect(Object.keys(COMMANDS)).toMatchInlineSnapshot(`
    [
      "run",
      "chat",
      "demo",
      "runs",
      "skills",
      "hub",
      "upload-skill",
      "download-skill",
      "learn",
      "review",
      "dashboard",
      "mcp",
      "daemon",
      "connect",
      "disconnect",
      "doctor",
      "config",
      "refresh-cache",
      "completion",
    ]
  `);
});
