// Which hosts are on this machine and whether they are connected.
import { join } from 'node:path';
import { isPresent, OpenSpaceError } from '../../lib/index.ts';
import { type ConnectPlaces, HOSTS, type HostAdapter } from './adapters.ts';
import { about } from './host-file.ts';
import { readData } from './plan.ts';
import { readReceipt } from './receipt.ts';
import { holdsChange, valueAt } from './settings-format.ts';

export interface HostState {
  readonly host: HostAdapter;
  /**
   * `changed`: connected from here, but the entry was changed since. `foreign`: an entry that connect did not write.
   * `unreadable`: its settings can't be read, see `problem`.
   */
  readonly state: 'not-found' | 'not-connected' | 'connected' | 'changed' | 'foreign' | 'unreadable';
  readonly file: string;
  readonly problem?: string;
}

/** All hosts, found or not. Reads files only. */
export function hostStates(places: ConnectPlaces, home: string): readonly HostState[] {
  return HOSTS.map((host) => stateOf(host, places, home));
}

function stateOf(host: HostAdapter, places: ConnectPlaces, home: string): HostState {
  const { file, format, change } = host.entry(places, { command: '', args: [], env: {} }, { approve: true });
  try {
    const written = readReceipt(home, host.id)?.files.find((record) => record.file === file);
    const data = about(file, () => readData(file, format));
    const isThere = valueAt(data, change.path) !== undefined;
    if (written !== undefined && isThere)
      return { host, file, state: holdsChange(data, written.change) ? 'connected' : 'changed' };
    if (isThere) return { host, file, state: 'foreign' };
    return { host, file, state: isHere(host, places) ? 'not-connected' : 'not-found' };
  } catch (error) {
    if (!(error instanceof OpenSpaceError)) throw error;
    return { host, file, state: 'unreadable', problem: error.message };
  }
}

function isHere(host: HostAdapter, places: ConnectPlaces): boolean {
  const folders = (places.variable('PATH') ?? '').split(places.platform === 'win32' ? ';' : ':');
  return (
    isPresent(host.folder(places)) ||
    host.programs.some((name) => folders.some((folder) => folder !== '' && isPresent(join(folder, name))))
  );
}
