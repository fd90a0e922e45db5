// The profile of a Seatbelt sandbox (macOS): the same rules as on Linux, as far as the system can. Pure.
import type { SpawnRequest } from '../../lib/index.ts';

export interface SeatbeltPlan {
  /** Folders that may be written. */
  readonly writable: readonly string[];
  /** Readable although they are in the home. */
  readonly readable: readonly string[];
  readonly userHome: string;
  readonly hidden: readonly string[];
  readonly proxyPort: number | undefined;
}

const quote = (path: string) => `"${path.replaceAll('\\', '\\\\').replaceAll('"', '\\"')}"`;
const subpaths = (paths: readonly string[]) => paths.map((path) => `(subpath ${quote(path)})`).join(' ');

/** Rules are read from top to bottom and the last that fits decides. */
export function seatbeltProfile(plan: SeatbeltPlan): string {
  const shown = [...plan.readable, ...plan.writable];
  const devices = ['/dev/null', '/dev/zero', '/dev/tty', '/dev/dtracehelper', '/dev/stdout', '/dev/stderr'];
  return [
    '(version 1)',
    '(allow default)',
    '(deny file-write*)',
    `(allow file-write* ${subpaths(plan.writable)} ${devices.map((path) => `(literal ${quote(path)})`).join(' ')})`,
    `(deny file-read* (subpath ${quote(plan.userHome)}))`,
    '(allow file-read-metadata)',
    shown.length === 0 ? '' : `(allow file-read* ${subpaths(shown)})`,
    plan.hidden.length === 0 ? '' : `(deny file-read* file-write* ${subpaths(plan.hidden)})`,
    '(deny network*)',
    '(deny mach-lookup (global-name "com.apple.SecurityServer") (global-name "com.apple.securityd.xpc"))',
    '(deny appleevent-send)',
    plan.proxyPort === undefined ? '' : `(allow network-outbound (remote ip "localhost:${plan.proxyPort}"))`,
  ]
    .filter((line) => line !== '')
    .join('\n');
}

/** A request that starts the same program under the profile. */
export function wrapInSeatbelt(profile: string, request: SpawnRequest): SpawnRequest {
  return {
    ...request,
    command: '/usr/bin/sandbox-exec',
    args: ['-p', profile, request.command, ...request.args],
  };
}
