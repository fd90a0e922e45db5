// Tool names that every provider accepts.
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { mcpToolName } from './names.ts';

it('plain names are joined and kept', () => {
  expect(mcpToolName('filesystem', 'read_file')).toBe('filesystem__read_file');
  expect(mcpToolName('sequential-thinking', 'sequentialthinking')).toBe(
    'sequential-thinking__sequentialthinking',
  );
});

it('whatever a server calls its tools, the name is valid and belongs to it alone', () => {
  const name = fc.oneof(
    fc.string({ maxLength: 90, unit: 'binary' }),
    fc.stringMatching(/^[a-z_]{1,8}$/),
    fc.stringMatching(/^[a-z._ ]{1,8}$/),
  );
  const seen = new Map<string, string>();
  fc.assert(
    fc.property(name, name, (server, tool) => {
      const given = mcpToolName(server, tool);
      expect(given).toMatch(/^[a-zA-Z0-9_-]{1,64}$/);
      const owner = JSON.stringify([server, tool]);
      expect(seen.get(given) ?? owner).toBe(owner);
      seen.set(given, owner);
    }),
    { numRuns: 1_000 },
  );
});

it.each([
  [
    ['x__y', 'z'],
    ['x', 'y__z'],
  ],
  [
    ['x_', '_z'],
    ['x', '___z'],
  ],
  [
    ['a b', 'c'],
    ['a.b', 'c'],
  ],
  [
    ['s', `${'t'.repeat(80)}1`],
    ['s', `${'t'.repeat(80)}2`],
  ],
] as const)('%j and %j do not share a name', (first, second) => {
  expect(mcpToolName(first[0], first[1])).not.toBe(mcpToolName(second[0], second[1]));
});
