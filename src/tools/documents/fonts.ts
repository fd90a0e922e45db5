// Fonts for PDFs: the built-in ones for Latin text, else one of this machine's that has the characters.
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { isAbsent } from '../../lib/index.ts';

export interface FontChoice {
  readonly file: string;
  /** Name of the face inside of a collection (.ttc). */
  readonly face?: string;
  readonly bold?: Omit<FontChoice, 'bold'>;
}

const FOLDERS = [
  '/usr/share/fonts',
  '/usr/local/share/fonts',
  '/System/Library/Fonts',
  '/Library/Fonts',
  'C:\\Windows\\Fonts',
];

/** Files known to hold many scripts, best first, each with the faces to try in a collection. */
const CANDIDATES: readonly { readonly file: string; readonly wide: boolean; readonly face?: string }[] = [
  { file: 'NotoSansCJK-Regular.ttc', wide: true, face: 'NotoSansCJKsc-Regular' },
  { file: 'NotoSansCJKsc-Regular.otf', wide: true },
  { file: 'NotoSansSC-Regular.ttf', wide: true },
  { file: 'wqy-microhei.ttc', wide: true, face: 'WenQuanYiMicroHei' },
  { file: 'wqy-zenhei.ttc', wide: true, face: 'WenQuanYiZenHei' },
  { file: 'DroidSansFallbackFull.ttf', wide: true },
  { file: 'Arial Unicode.ttf', wide: true },
  { file: 'msyh.ttc', wide: true, face: 'MicrosoftYaHei' },
  { file: 'DejaVuSans.ttf', wide: false },
  { file: 'LiberationSans-Regular.ttf', wide: false },
  { file: 'NotoSans-Regular.ttf', wide: false },
  { file: 'Arial.ttf', wide: false },
  { file: 'arial.ttf', wide: false },
];

/** What the built-in fonts of PDF can write (Windows-1252). */
const WESTERN = /^[\t\n\r -~\u00a0-\u00ff€‚ƒ„…†‡ˆ‰Š‹ŒŽ‘’“”•–—˜™š›œžŸ]*$/;
const WIDE = /[\u1100-\u11ff\u2e80-\u9fff\uac00-\ud7af\uf900-\ufaff\uff00-\uffef]|[\ud840-\ud87f]/;

export const isWestern = (text: string) => WESTERN.test(text);

/** A font of this machine for the text; undefined if there is none, or none is needed. */
export function findFont(text: string, folders: readonly string[] = FOLDERS): FontChoice | undefined {
  if (isWestern(text)) return undefined;
  const wide = WIDE.test(text);
  const files = new Map<string, string>();
  for (const folder of folders) collect(folder, files);
  for (const candidate of CANDIDATES) {
    const file = files.get(candidate.file);
    if (file === undefined || candidate.wide !== wide) continue;
    const heavy = files.get(boldName(candidate.file));
    const { face } = candidate;
    return {
      file,
      ...(face === undefined ? {} : { face }),
      ...(heavy === undefined
        ? {}
        : { bold: { file: heavy, ...(face === undefined ? {} : { face: boldName(face) }) } }),
    };
  }
  return undefined;
}

/** How families name their bold face: `Noto-Regular` → `Noto-Bold`, `DejaVuSans.ttf` → `DejaVuSans-Bold.ttf`. */
const boldName = (name: string) =>
  name.includes('Regular') ? name.replace('Regular', 'Bold') : name.replace(/(?=\.\w+$)/, '-Bold');

function collect(folder: string, files: Map<string, string>): void {
  try {
    for (const entry of readdirSync(folder, { withFileTypes: true, recursive: true })) {
      if (entry.isFile()) files.set(entry.name, join(entry.parentPath, entry.name));
    }
  } catch (error) {
    if (!isAbsent(error)) throw error;
  }
}
