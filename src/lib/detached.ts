// Starts a program that lives on after this one: nothing of it is waited for.
import { spawn } from 'node:child_process';
import type { SpawnRequest } from './process.ts';

/**
 * Starts a program in a session of its own, without input or output. False if it could not be started;
 * a failure that shows only later is nobody's to hear.
 */
export function startDetached({ command, args, cwd, env }: SpawnRequest): boolean {
  const child = spawn(command, [...args], { cwd, env: { ...env }, detached: true, stdio: 'ignore' });
  child.on('error', () => undefined);
  child.unref();
  return child.pid !== undefined;
}
