// The demo's folders and tasks: small real jobs with a trap, in a temporary home. No key, no network.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export { DEMO_SKILL, demoModel } from './demo-script.ts';

/** The trap in both files: amounts are written 1.234,50. */
export const DEMO_TASKS = [
  {
    task: 'Add up the amounts in orders.csv and write the total to total.txt.',
    file: 'orders.csv',
    content:
      'date;customer;amount\n2026-01-05;Ada;1.234,50\n2026-01-09;Grace;99,90\n2026-01-17;Edsger;1.000,00\n',
    total: '2334.40',
  },
  {
    task: 'Sum the amounts of invoices.csv into total.txt.',
    file: 'invoices.csv',
    content: 'date;supplier;amount\n2026-02-02;Paper;310,00\n2026-02-11;Power;2.045,75\n',
    total: '2355.75',
  },
] as const;

export interface DemoFolders {
  readonly home: string;
  readonly workspace: string;
  remove(): void;
}

/** A throw-away data home and workspace. */
export function makeDemoFolders(): DemoFolders {
  const root = mkdtempSync(join(tmpdir(), 'openspace-demo-'));
  const folders = { home: join(root, 'home'), workspace: join(root, 'workspace') };
  for (const folder of [folders.home, folders.workspace]) mkdirSync(folder, { recursive: true });
  for (const { file, content } of DEMO_TASKS) writeFileSync(join(folders.workspace, file), content);
  return { ...folders, remove: () => rmSync(root, { recursive: true, force: true }) };
}
