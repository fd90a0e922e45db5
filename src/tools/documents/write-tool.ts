// The tool `write_document`: Word, PowerPoint and PDF from Markdown, Excel and CSV from rows.
import { extname } from 'node:path';
import { z } from 'zod';
import type { Tool, ToolContext } from '../../agent/index.ts';
import { OpenSpaceError, plural, realWorld, type World, writeFileAtomic } from '../../lib/index.ts';
import { type FileAccess, resolvePath, showPath } from '../files/access.ts';
import { defineTool, formatSize, success } from '../tool.ts';
import { type Block, chartSchema } from './blocks.ts';
import { csvLine } from './csv.ts';
import type { Picture } from './pictures.ts';

const FORMATS = ['docx', 'pptx', 'pdf', 'xlsx', 'csv'] as const;
type Format = (typeof FORMATS)[number];

const cell = z.union([z.string(), z.number(), z.boolean(), z.null()]);
const sheetSchema = z.strictObject({
  name: z.string().min(1).max(100).default('Sheet1'),
  rows: z
    .array(z.array(cell).max(1_000))
    .max(200_000)
    .describe('Texts starting with "=" are formulas in XLSX.'),
  head: z.boolean().default(true).describe('The first row is a head.'),
  charts: z
    .array(chartSchema)
    .max(20)
    .default([])
    .describe(
      'Shown beside the data. Labels and values that stand in the rows too stay linked to their cells.',
    ),
  pictures: z
    .array(z.string())
    .max(20)
    .default([])
    .describe('PNG, JPEG or GIF files to show beside the data.'),
});

const parameters = z.strictObject({
  path: z.string().min(1).describe('File to write: .docx .pptx .pdf .xlsx .csv'),
  markdown: z
    .string()
    .max(2_000_000)
    .optional()
    .describe(
      'Content of DOCX, PPTX or PDF. Pictures as ![text](file.png). A chart is a fenced block "chart" with JSON {"type":"column|bar|line|area|pie","title":"…","labels":["a"],"series":[{"name":"…","values":[1]}]}. A line --- is a page break. In PPTX each # or ## starts a slide.',
    ),
  sheets: z.array(sheetSchema).min(1).max(100).optional().describe('Content of XLSX, or of CSV (one sheet).'),
  title: z.string().max(300).optional().describe('Title in the properties of the file.'),
});
type Args = z.output<typeof parameters>;

/** Writes documents into the workspace and the writable roots, replacing what is there at once. */
export function writeDocumentTool(access: FileAccess = {}, world: World = realWorld): Tool {
  return defineTool({
    name: 'write_document',
    description:
      'Writes a Word (DOCX), PowerPoint (PPTX) or PDF document from Markdown, or an Excel workbook (XLSX) or CSV file from rows. With tables, pictures and charts.',
    source: 'documents',
    readOnly: false,
    parameters,
    async run(args, context) {
      const format = formatOf(args.path);
      const target = resolvePath(args.path, 'write', context.workspace, access);
      const written =
        format === 'xlsx' || format === 'csv'
          ? await fromSheets(format, args, context, access, world)
          : await fromMarkdown(format, args, context, access, world);
      writeFileAtomic(target, written.bytes, { keepAttributes: true });
      const shown = showPath(target, context.workspace);
      return success(`Wrote ${shown} (${formatSize(written.bytes.length)}${written.about}).`, {
        path: shown,
        size_bytes: written.bytes.length,
      });
    },
  });
}

interface Written {
  readonly bytes: Uint8Array;
  readonly about: string;
}

function formatOf(path: string): Format {
  const extension = extname(path).slice(1).toLowerCase();
  const format = FORMATS.find((candidate) => candidate === extension);
  if (format !== undefined) return format;
  throw new OpenSpaceError(
    'unsupported',
    `"${path}" does not end in one of: ${FORMATS.map((name) => `.${name}`).join(' ')}.`,
  );
}

async function fromMarkdown(
  format: 'docx' | 'pptx' | 'pdf',
  args: Args,
  context: ToolContext,
  access: FileAccess,
  world: World,
): Promise<Written> {
  if (args.markdown === undefined) throw new OpenSpaceError('invalid', `A .${format} file needs "markdown".`);
  const { parseMarkdown } = await import('./markdown.ts');
  const blocks = parseMarkdown(args.markdown);
  const pictures = await loadPictures(pathsIn(blocks), context, access);
  const properties = { title: args.title ?? firstHeading(blocks), created: world.now() };
  const counts = ['table', 'picture', 'chart'].map((kind) => ({
    kind,
    count: blocks.filter((block) => block.kind === kind).length,
  }));
  const about = counts.flatMap(({ kind, count }) => (count === 0 ? [] : [plural(count, kind)])).join(', ');
  const said = about === '' ? '' : `, ${about}`;
  switch (format) {
    case 'docx': {
      const { writeDocx } = await import('./docx-write.ts');
      return { bytes: await writeDocx(blocks, pictures, properties), about: said };
    }
    case 'pptx': {
      const { writePptx } = await import('./pptx-write.ts');
      return { bytes: await writePptx(blocks, pictures, properties), about: said };
    }
    case 'pdf': {
      const { writePdf } = await import('./pdf-write.ts');
      const { bytes, pages, unwritable } = await writePdf(blocks, pictures, properties);
      const missing = unwritable === '' ? '' : `; this machine has no font for: ${unwritable}`;
      return { bytes, about: `, ${plural(pages, 'page')}${said}${missing}` };
    }
  }
}

const pathsIn = (blocks: readonly Block[]) =>
  blocks.flatMap((block) => (block.kind === 'picture' ? [{ path: block.path, alt: block.alt }] : []));

function firstHeading(blocks: readonly Block[]): string | undefined {
  const heading = blocks.find((block) => block.kind === 'heading');
  return heading?.kind === 'heading' ? heading.spans.map((span) => span.text).join('') : undefined;
}

async function loadPictures(
  wanted: readonly { readonly path: string; readonly alt: string }[],
  context: ToolContext,
  access: FileAccess,
): Promise<ReadonlyMap<string, Picture>> {
  const pictures = new Map<string, Picture>();
  if (wanted.length === 0) return pictures;
  const { loadPicture } = await import('./pictures.ts');
  for (const { path, alt } of wanted) {
    if (!pictures.has(path)) pictures.set(path, await loadPicture(path, alt, context.workspace, access));
  }
  return pictures;
}

async function fromSheets(
  format: 'xlsx' | 'csv',
  args: Args,
  context: ToolContext,
  access: FileAccess,
  world: World,
): Promise<Written> {
  const [first, ...more] = args.sheets ?? [];
  if (first === undefined) throw new OpenSpaceError('invalid', `A .${format} file needs "sheets".`);
  if (format === 'csv') {
    if (more.length > 0 || first.charts.length > 0 || first.pictures.length > 0) {
      throw new OpenSpaceError(
        'invalid',
        'A CSV file holds one sheet, without charts and pictures: write an XLSX file.',
      );
    }
    const lines = first.rows.map((row) => csvLine(row.map((value) => (value === null ? '' : String(value)))));
    return { bytes: Buffer.from(`${lines.join('\r\n')}\r\n`), about: `, ${plural(lines.length, 'row')}` };
  }
  const sheets = [];
  for (const sheet of [first, ...more]) {
    const pictures = await loadPictures(
      sheet.pictures.map((path) => ({ path, alt: path })),
      context,
      access,
    );
    sheets.push({ ...sheet, pictures: [...pictures.values()] });
  }
  const { writeXlsx } = await import('./xlsx-write.ts');
  const bytes = await writeXlsx(sheets, { title: args.title, created: world.now() });
  return { bytes, about: `, ${plural(sheets.length, 'sheet')}` };
}
