// Tells whether the process that does a run is still there.
import { readFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { errnoOf } from '../lib/index.ts';
import type { RunHeader } from './format.ts';

/** Who writes a recording: process number, host, and on Linux a mark that no later process has. */
export function thisProcess(): Pick<RunHeader, 'pid' | 'host' | 'processMark'> {
  const mark = readMark(process.pid);
  return {
    pid: process.pid,
    host: hostname(),
    ...(mark === undefined ? {} : { processMark: mark.text }),
  };
}

/** `unknown`: the run belongs to another host. */
export function ownerOf(header: RunHeader): 'alive' | 'gone' | 'unknown' {
  if (header.host !== hostname()) return 'unknown';
  try {
    process.kill(header.pid, 0);
  } catch (error) {
    if (errnoOf(error) === 'ESRCH') return 'gone';
    if (errnoOf(error) !== 'EPERM') throw error; // EPERM: it is there and belongs to another user
  }
  const mark = readMark(header.pid);
  if (mark === undefined) return 'alive';
  if (mark.dead || (header.processMark !== undefined && header.processMark !== mark.text)) return 'gone';
  return 'alive';
}

/** Boot and start time of a process, from /proc. `dead`: it has ended but its parent has not noticed yet. */
function readMark(pid: number): { text: string; dead: boolean } | undefined {
  try {
    const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The name, in brackets, may hold anything; the fields behind it count from the third.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return { text: `${boot}:${fields[19]}`, dead: fields[0] === 'Z' || fields[0] === 'X' };
  } catch (error) {
    if (errnoOf(error) === undefined) throw error;
    return undefined; // no /proc here, or it has just ended
  }
}
