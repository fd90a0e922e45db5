// docs/guide/hosts.md shows what connect really writes, and names the versions that the tests use.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { HOSTS, planConnect } from '../../src/hosts/connect/index.ts';
import { makeUser, projectRoot } from '../support/cli.ts';
import { VERSIONS } from './support.ts';

const guide = readFileSync(join(projectRoot, 'docs/guide/hosts.md'), 'utf8');
const sections = guide.split(/^## /m);
const server = {
  command: '/usr/bin/node',
  args: ['/usr/lib/node_modules/openspace/bin/openspace-mcp.js'],
  env: {},
};

it.each(HOSTS.map((host) => [host.title, host] as const))('%s: the guide shows its files', (title, host) => {
  const user = makeUser();
  const section = sections.find((text) => text.startsWith(`${title}\n`)) ?? '';
  const places = { userHome: user.home, platform: 'linux' as const, variable: () => undefined };
  const plan = planConnect({ host, places, home: user.dataHome, server, approve: true, skills: undefined });
  user.remove();
  expect(section).toContain(`\`openspace connect ${host.id}\``);
  for (const { file, after } of plan.files) {
    expect(section).toContain(`In \`${file.replace(user.home, '~')}\`:`);
    expect(section).toContain(`\n${after}\`\`\``);
  }
});

it('the versions in the guide are those that are tried', () => {
  for (const [host, version] of Object.entries(VERSIONS)) {
    const title = HOSTS.find(({ id }) => id === host)?.title ?? '';
    expect([host, guide.includes(`${title} ${version}`)]).toEqual([host, true]);
  }
});
