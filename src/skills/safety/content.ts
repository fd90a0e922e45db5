// What a file is, whatever its text says: programs, links, sizes.
import type { Finding } from '../skill.ts';

/** Larger files are read to here only, and reported. */
export const SCAN_LIMIT_BYTES = 8 * 2 ** 20;
const LARGE_FILE_BYTES = 2 ** 20;
const LARGE_SKILL_BYTES = 20 * 2 ** 20;
const MANY_FILES = 500;

const PROGRAM_NAME =
  /\.(?:exe|dll|com|scr|msi|so(?:\.\d+)*|dylib|node|pyd|jar|class|apk|app|deb|rpm|pkg|dmg|lnk)$/i;

function hasProgramHeader(bytes: Uint8Array): boolean {
  const [a, b, c, d] = bytes;
  const word = (((a ?? 0) << 24) | ((b ?? 0) << 16) | ((c ?? 0) << 8) | (d ?? 0)) >>> 0;
  if (word === 0x7f454c46) return true; // ELF
  if ([0xfeedface, 0xfeedfacf, 0xcefaedfe, 0xcffaedfe, 0xcafebabe].includes(word)) return true; // Mach-O, Java
  return a === 0x4d && b === 0x5a && bytes.length > 64 && bytes.subarray(0, 512).includes(0); // MZ of Windows
}

/** Findings about one file's kind and size. */
export function findByContent(path: string, bytes: Uint8Array): Finding[] {
  const findings: Finding[] = [];
  if (hasProgramHeader(bytes) || PROGRAM_NAME.test(path))
    findings.push({
      rule: 'safety/executable',
      severity: 'quarantine',
      message: 'A compiled program: nobody can read what it does.',
      file: path,
      hint: 'Put its source into the skill, or name the package to install.',
    });
  if (bytes.length > SCAN_LIMIT_BYTES)
    findings.push({
      rule: 'safety/oversized',
      severity: 'quarantine',
      message: `${bytes.length.toLocaleString('en-US')} bytes: only the first 8 MB were checked.`,
      file: path,
    });
  else if (bytes.length > LARGE_FILE_BYTES)
    findings.push({
      rule: 'safety/oversized',
      severity: 'warn',
      message: `${bytes.length.toLocaleString('en-US')} bytes is much for a file of a skill.`,
      file: path,
    });
  return findings;
}

/** Findings about the skill as a whole. */
export function findBySize(files: ReadonlyMap<string, Uint8Array>): Finding[] {
  let bytes = 0;
  for (const content of files.values()) bytes += content.length;
  const findings: Finding[] = [];
  if (bytes > LARGE_SKILL_BYTES)
    findings.push({
      rule: 'safety/oversized',
      severity: 'quarantine',
      message: `The files have ${bytes.toLocaleString('en-US')} bytes together.`,
    });
  if (files.size > MANY_FILES)
    findings.push({
      rule: 'safety/oversized',
      severity: 'warn',
      message: `${files.size.toLocaleString('en-US')} files are many for a skill.`,
    });
  return findings;
}
