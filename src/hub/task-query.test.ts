// What of a task leaves the machine.
import { expect, it } from 'vitest';
import { createRedactor } from '../lib/index.ts';
import { queryForTask } from './task-query.ts';

const task = `Please send the invoice /home/ann/clients/acme.pdf to bob@acme.com with key ghp_${'a1B2'.repeat(10)} and account 12345678`;
const redactor = createRedactor(['acme-secret-plan']);

it('nothing leaves unless the setting says so', () => {
  expect(queryForTask(task, 'never', redactor)).toBeUndefined();
});

it.each(['words', 'text'] as const)('as %s: no keys, paths, addresses or numbers', (sharing) => {
  const query = queryForTask(`${task} acme-secret-plan`, sharing, redactor) ?? '';
  for (const secret of ['ghp_', 'ann', 'acme', 'bob', '12345678', 'secret-plan'])
    expect(query).not.toContain(secret);
  expect(query).toContain('invoice');
});

it('words are a set, not a sentence; with none left nothing is sent', () => {
  expect(queryForTask('Zip the files and zip them', 'words', redactor)).toBe('files them zip');
  expect(queryForTask('/etc/passwd', 'words', redactor)).toBeUndefined();
  expect(queryForTask('x'.repeat(2_000), 'text', redactor)?.length).toBe(500);
});
