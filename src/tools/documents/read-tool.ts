// The tool `read_document`: PDF, Word, Excel, PowerPoint, CSV and pictures, as text and pictures for a model.
import { extname } from 'node:path';
import { z } from 'zod';
import type { Part, Tool, ToolContext, ToolResult } from '../../agent/index.ts';
import { OpenSpaceError, plural } from '../../lib/index.ts';
import { type FileAccess, openForReading, resolvePath, showPath } from '../files/access.ts';
import { defineTool, failure, formatSize } from '../tool.ts';
import { csvLine, findSeparator, parseCsv } from './csv.ts';
import { type ExtractAnswer, type ExtractRequest, extract } from './extract.ts';
import { pictureInfo } from './images.ts';

const MAX_FILE_BYTES = 100 * 1024 * 1024;
const MAX_PICTURE_BYTES = 5 * 1024 * 1024;
const TEXT_CHARACTERS = 60_000;
const MAX_PICTURES = 8;
const DEFAULT_COUNT = { pdf: 20, pptx: 50, xlsx: 200, csv: 200 } as const;

const parameters = z.strictObject({
  path: z.string().min(1).describe('File to read: .pdf .docx .xlsx .pptx .csv .tsv .png .jpg .gif .webp'),
  from: z.int().min(1).default(1).describe('First page, slide or row.'),
  to: z.int().min(1).optional().describe('Last page, slide or row. Default: 20 pages, 50 slides, 200 rows.'),
  sheet: z.string().optional().describe('Only this sheet of a workbook.'),
  offset: z
    .int()
    .min(0)
    .default(0)
    .describe('Character to start at, if the text was too long for one answer.'),
  pictures: z.boolean().default(false).describe('Also show the pictures in a Word document or presentation.'),
});
type Args = z.output<typeof parameters>;

/** Reads documents in the workspace and the other readable folders. Formulas and macros are never run. */
export function readDocumentTool(access: FileAccess = {}): Tool {
  return defineTool({
    name: 'read_document',
    description:
      'Reads a PDF, Word, Excel, PowerPoint or CSV file as text with tables, or looks at a picture. Large files in parts: by pages, slides or rows.',
    source: 'documents',
    readOnly: true,
    parameters,
    async run(args, context) {
      const target = resolvePath(args.path, 'read', context.workspace, access);
      const bytes = await load(target, showPath(target, context.workspace));
      const kind = kindOf(bytes, target);
      if (kind === undefined) {
        return failure(`${args.path} is no document of a known kind. Text files are read with read_file.`);
      }
      if (kind === 'picture') return showPicture(args.path, bytes);
      return show(
        args,
        kind === 'csv' ? readCsv(bytes, args) : await extractKind(kind, bytes, args, context),
      );
    },
  });
}

async function load(target: string, shown: string): Promise<Uint8Array> {
  const { handle, sizeBytes } = await openForReading(target);
  try {
    if (sizeBytes > MAX_FILE_BYTES) {
      throw new OpenSpaceError(
        'too-large',
        `${shown} has ${formatSize(sizeBytes)}; documents up to 100 MB are read.`,
      );
    }
    return new Uint8Array(await handle.readFile());
  } finally {
    await handle.close();
  }
}

type Kind = 'pdf' | 'docx' | 'xlsx' | 'pptx' | 'csv' | 'picture';

/** By content first: names lie. Which office file a zip is, only its name says quickly. */
function kindOf(bytes: Uint8Array, path: string): Kind | undefined {
  const extension = extname(path).toLowerCase();
  const start = Buffer.from(bytes.subarray(0, 1024)).toString('latin1');
  if (start.includes('%PDF-')) return 'pdf';
  if (pictureInfo(bytes) !== undefined || start.slice(8, 12) === 'WEBP') return 'picture';
  if (start.startsWith('PK')) {
    if (/^\.(?:docx|docm|dotx)$/.test(extension)) return 'docx';
    if (/^\.(?:xlsx|xlsm|xltx)$/.test(extension)) return 'xlsx';
    return /^\.(?:pptx|pptm|potx|ppsx)$/.test(extension) ? 'pptx' : undefined;
  }
  if (start.startsWith('\u00d0\u00cf\u0011\u00e0')) {
    throw new OpenSpaceError(
      'unsupported',
      'This is an old Office file (.doc, .xls, .ppt) or one with a password.',
      {
        hint: 'Convert it first, for example with `soffice --headless --convert-to docx FILE` where LibreOffice is installed.',
      },
    );
  }
  return extension === '.csv' || extension === '.tsv' ? 'csv' : undefined;
}

function extractKind(
  kind: 'pdf' | 'docx' | 'xlsx' | 'pptx',
  bytes: Uint8Array,
  args: Args,
  context: ToolContext,
): Promise<ExtractAnswer> {
  const range = (count: number) => ({ first: args.from, last: args.to ?? args.from + count - 1 });
  const request: ExtractRequest =
    kind === 'docx'
      ? { kind, bytes }
      : kind === 'xlsx'
        ? { kind, bytes, sheet: args.sheet, ...range(DEFAULT_COUNT.xlsx) }
        : { kind, bytes, ...range(DEFAULT_COUNT[kind]) };
  return extract(request, context.signal);
}

function readCsv(bytes: Uint8Array, args: Args): ExtractAnswer {
  const text = decode(bytes);
  const separator = findSeparator(text);
  const last = args.to ?? args.from + DEFAULT_COUNT.csv - 1;
  const { rows, total } = parseCsv(text, separator, args.from, last);
  const lines = rows.map((row, index) => `${args.from + index},${csvLine(row)}`);
  const shown = separator === '\t' ? 'tab' : `"${separator}"`;
  const more = last < total ? ` Read on from row ${last + 1}.` : '';
  return {
    text: lines.join('\n'),
    note: `CSV, ${total} rows, separator ${shown}.${more} The first column is the row number.`,
  };
}

/** UTF-8 or UTF-16 with a mark; else Windows-1252, which spreadsheet programs still write. */
function decode(bytes: Uint8Array): string {
  if (bytes[0] === 0xff && bytes[1] === 0xfe) return new TextDecoder('utf-16le').decode(bytes);
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch (error) {
    if (error instanceof TypeError) return new TextDecoder('windows-1252').decode(bytes);
    throw error;
  }
}

function showPicture(path: string, data: Uint8Array): ToolResult {
  if (data.length > MAX_PICTURE_BYTES) {
    return failure(
      `${path} has ${formatSize(data.length)}; pictures up to 5 MB are shown. Make it smaller first.`,
    );
  }
  const mediaType = pictureInfo(data)?.mediaType ?? 'image/webp';
  return {
    parts: [
      { type: 'text', text: `${path} (${mediaType}, ${formatSize(data.length)})` },
      { type: 'image', data, mediaType },
    ],
    isError: false,
  };
}

function show(args: Args, answer: ExtractAnswer): ToolResult {
  const { text } = answer;
  const part = text.slice(args.offset, args.offset + TEXT_CHARACTERS);
  const end = args.offset + part.length;
  const images = answer.images ?? [];
  const shown = args.pictures ? images.slice(0, MAX_PICTURES) : [];
  const notes = [
    answer.note,
    answer.title === undefined || answer.title === '' ? '' : `Title: ${answer.title}.`,
    end < text.length ? `Only a part: read on with offset ${end}.` : '',
    images.length > shown.length ? `Not shown: ${plural(images.length - shown.length, 'picture')}.` : '',
  ];
  const parts: Part[] = [
    {
      type: 'text',
      text: `${notes.filter((note) => note !== '').join(' ')}\n\n${part === '' ? '(no text)' : part}`,
    },
    ...shown.map(({ data, mediaType }): Part => ({ type: 'image', data, mediaType })),
  ];
  return { parts, isError: false, details: { characters: text.length, pictures: images.length } };
}
